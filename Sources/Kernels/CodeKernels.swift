import CKernels

/// Vectors as short codes, at one SIMD level: scores by code, rows of 16-bit floats, quantisation, encoding.
///
/// Scores, whole numbers, codes and the sums that come with them have the same bits at every level. Error bounds and
/// formulas stand in `kernels_codes.h`; `CodeReference` is the plain meaning of each function. All functions are pure and
/// may run on any number of threads.
@safe
public struct CodeKernels: Sendable {
    public let level: SIMDLevel
    let table: kernels_codes_table

    /// The kernels of `level`; scalar where the CPU lacks it. At AVX-512 a CPU without VNNI or VPOPCNTDQ runs those of
    /// AVX2.
    public init(level: SIMDLevel = .current) {
        self.level = level.isAvailable ? level : .scalar
        table = kernels_codes_at(self.level.cLevel)
    }

    // MARK: Whole-number products

    /// The sum of row[j] · query[j], exact; equal counts of at most 65,536.
    public func dot(_ row: Span<UInt8>, _ query: Span<Int8>) -> Int32 {
        precondition(row.count == query.count, "dot of \(row.count) and \(query.count) bytes")
        precondition(row.count <= 65_536, "\(row.count) products may exceed 32 bits")
        // SAFETY: the spans keep both alive during the call; n is the length of each.
        return unsafe row.withUnsafeBufferPointer { row in
            unsafe query.withUnsafeBufferPointer { query in
                guard let a = row.baseAddress, let b = query.baseAddress else { return 0 }
                return unsafe table.dot_u8_s8(a, b, row.count)
            }
        }
    }

    /// The sum of (a[j] − 128) · (b[j] − 128), exact: the product of two eight-bit codes; equal counts of at most 32,768.
    public func eightBitPair(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int32 {
        precondition(a.count == b.count, "the product of codes of \(a.count) and \(b.count) bytes")
        precondition(a.count <= 32_768, "\(a.count) products may exceed 32 bits")
        // SAFETY: the spans keep both alive during the call; n is the length of each.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
                return unsafe table.eight_bit_pair(x, y, a.count)
            }
        }
    }

    /// `dot` of n bytes at each address.
    @unsafe
    public func uncheckedDot(_ row: UnsafePointer<UInt8>, _ query: UnsafePointer<Int8>, count n: Int) -> Int32 {
        unsafe table.dot_u8_s8(row, query, n)
    }

    /// `eightBitPair` of n bytes at each address.
    @unsafe
    public func uncheckedEightBitPair(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, count n: Int) -> Int32 {
        unsafe table.eight_bit_pair(a, b, n)
    }
}
