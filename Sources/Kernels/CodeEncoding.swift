import CKernels

/// What one pass over a vector tells.
public struct VectorStatistics: Sendable, Equatable {
    /// Infinite for an empty vector.
    public var minimum: Float
    /// Negative infinity for an empty vector.
    public var maximum: Float
    public var sum: Float
    public var absoluteMaximum: Float
    public var squaredNorm: Float
}

/// What encoding to one bit leaves.
public struct OneBitEncoding: Sendable, Equatable {
    /// Of the residual.
    public var l1Norm: Float
    /// Of the residual.
    public var squaredNorm: Float
    /// How many bits are set.
    public var population: Int
}

/// What encoding x to the points y leaves; y is u − 7.5 for the unsigned component u of four bits, u − 128 for eight.
///
/// The scale f with ⟨x, f·y⟩ = ⟨x, x⟩ is `squaredNorm / dot`.
public struct CodeEncoding: Sendable, Equatable {
    /// The sum of x[j] · y[j].
    public var dot: Float
    /// Of x.
    public var squaredNorm: Float

    init(_ raw: kernels_encoding) {
        dot = raw.dot
        squaredNorm = raw.squared_norm
    }
}

extension CodeKernels {
    // MARK: Preparing a query

    /// Least and greatest component, sum and norms in one pass.
    public func statistics(_ x: Span<Float>) -> VectorStatistics {
        // SAFETY: the span keeps the vector alive and gives its own count. Of an empty vector the kernel reads nothing.
        unsafe x.withUnsafeBufferPointer { x in
            var empty: Float = 0
            guard let start = x.baseAddress else { return unsafe uncheckedStatistics(&empty, count: 0) }
            return unsafe uncheckedStatistics(start, count: x.count)
        }
    }

    /// out[j] = x[j] · inverseScale rounded (ties to even) and clamped to −127…127; equal counts. Returns the sum of out.
    @discardableResult
    public func quantiseSigned(_ x: Span<Float>, inverseScale: Float, into out: inout MutableSpan<Int8>) -> Int {
        let count = out.count
        precondition(x.count == count, "\(x.count) components for \(count) places")
        // SAFETY: the spans keep both alive; the counts are equal.
        return unsafe x.withUnsafeBufferPointer { x in
            unsafe out.withUnsafeMutableBufferPointer { out in
                guard let x = x.baseAddress, let out = out.baseAddress else { return 0 }
                return unsafe uncheckedQuantiseSigned(x, count: count, inverseScale: inverseScale, into: out)
            }
        }
    }

    /// u[j] = (x[j] − low) · inverseStep rounded (ties to even) and clamped to 0…15, as four bit planes of
    /// planes.count / 4 words, least significant first; all other bits become 0.
    public func quantisePlanes(
        _ x: Span<Float>, low: Float, inverseStep: Float, into planes: inout MutableSpan<UInt64>
    ) {
        let words = planes.count / 4
        precondition(
            planes.count % 4 == 0 && (x.count + 63) / 64 <= words,
            "four planes of \(x.count) bits in \(planes.count) words")
        // SAFETY: the spans keep both alive; the planes hold every bit by the check above.
        unsafe x.withUnsafeBufferPointer { x in
            unsafe planes.withUnsafeMutableBufferPointer { planes in
                guard let start = planes.baseAddress else { return }
                guard let x0 = x.baseAddress else { return unsafe start.update(repeating: 0, count: planes.count) }
                unsafe uncheckedQuantisePlanes(
                    x0, count: x.count, low: low, inverseStep: inverseStep, into: start, wordsPerPlane: words)
            }
        }
    }

    // MARK: Encoding

    /// Bit j of `code` becomes 1 where residual[j] > 0; `code` has 8 bytes for each 64 components begun.
    public func encodeOneBit(_ residual: Span<Float>, into code: inout MutableSpan<UInt8>) -> OneBitEncoding {
        let count = residual.count
        precondition(code.count == (count + 63) / 64 * 8, "\(count) bits in \(code.count) bytes")
        // SAFETY: the spans keep both alive; the code holds every bit by the check above.
        return unsafe residual.withUnsafeBufferPointer { residual in
            unsafe code.withUnsafeMutableBufferPointer { code in
                guard let x = residual.baseAddress, let code = code.baseAddress else {
                    return OneBitEncoding(l1Norm: 0, squaredNorm: 0, population: 0)
                }
                return unsafe uncheckedEncodeOneBit(x, count: count, into: code)
            }
        }
    }

    /// u[j] = ⌊x[j] · inverseScale + 8⌋ clamped to 0…15, in the order of `CodeLayout`; x.count is a multiple of 64 and
    /// twice code.count.
    public func encodeFourBit(
        _ x: Span<Float>, inverseScale: Float, into code: inout MutableSpan<UInt8>
    ) -> CodeEncoding {
        let count = x.count
        precondition(count % 64 == 0 && code.count == count / 2, "\(count) four-bit components in \(code.count) bytes")
        // SAFETY: the spans keep both alive; the counts fit by the check above.
        return unsafe x.withUnsafeBufferPointer { x in
            unsafe code.withUnsafeMutableBufferPointer { code in
                guard let x = x.baseAddress, let code = code.baseAddress else {
                    return CodeEncoding(kernels_encoding())
                }
                return unsafe uncheckedEncodeFourBit(x, count: count, inverseScale: inverseScale, into: code)
            }
        }
    }

    /// u[j] = 128 + x[j] · inverseScale rounded (ties to even) and clamped to −127…127; equal counts.
    public func encodeEightBit(
        _ x: Span<Float>, inverseScale: Float, into code: inout MutableSpan<UInt8>
    ) -> CodeEncoding {
        let count = x.count
        precondition(code.count == count, "\(count) components in \(code.count) bytes")
        // SAFETY: the spans keep both alive; the counts are equal.
        return unsafe x.withUnsafeBufferPointer { x in
            unsafe code.withUnsafeMutableBufferPointer { code in
                guard let x = x.baseAddress, let code = code.baseAddress else {
                    return CodeEncoding(kernels_encoding())
                }
                return unsafe uncheckedEncodeEightBit(x, count: count, inverseScale: inverseScale, into: code)
            }
        }
    }

    // MARK: The same without checks, for loops whose owner has proven the shapes

    /// `statistics` of n floats.
    @unsafe
    public func uncheckedStatistics(_ x: UnsafePointer<Float>, count n: Int) -> VectorStatistics {
        let raw = unsafe table.statistics(x, n)
        return VectorStatistics(
            minimum: raw.min, maximum: raw.max, sum: raw.sum, absoluteMaximum: raw.absolute_max,
            squaredNorm: raw.squared_norm)
    }

    /// `quantiseSigned` of n floats into n bytes.
    @unsafe @discardableResult
    public func uncheckedQuantiseSigned(
        _ x: UnsafePointer<Float>, count n: Int, inverseScale: Float, into out: UnsafeMutablePointer<Int8>
    ) -> Int {
        Int(unsafe table.quantise_signed(x, n, inverseScale, out))
    }

    /// `quantisePlanes` of n floats into four planes of `wordsPerPlane` words.
    @unsafe
    public func uncheckedQuantisePlanes(
        _ x: UnsafePointer<Float>, count n: Int, low: Float, inverseStep: Float,
        into planes: UnsafeMutablePointer<UInt64>, wordsPerPlane: Int
    ) {
        unsafe table.quantise_planes(x, n, low, inverseStep, planes, wordsPerPlane)
    }

    /// `encodeOneBit` of n floats into 8 bytes for each 64 begun.
    @unsafe
    public func uncheckedEncodeOneBit(
        _ residual: UnsafePointer<Float>, count n: Int, into code: UnsafeMutablePointer<UInt8>
    ) -> OneBitEncoding {
        let raw = unsafe table.encode_one_bit(residual, n, code)
        return OneBitEncoding(
            l1Norm: raw.l1_norm, squaredNorm: raw.squared_norm, population: Int(raw.population))
    }

    /// `encodeFourBit` of n floats, a multiple of 64, into n / 2 bytes.
    @unsafe
    public func uncheckedEncodeFourBit(
        _ x: UnsafePointer<Float>, count n: Int, inverseScale: Float, into code: UnsafeMutablePointer<UInt8>
    ) -> CodeEncoding {
        CodeEncoding(unsafe table.encode_four_bit(x, n, inverseScale, code))
    }

    /// `encodeEightBit` of n floats into n bytes.
    @unsafe
    public func uncheckedEncodeEightBit(
        _ x: UnsafePointer<Float>, count n: Int, inverseScale: Float, into code: UnsafeMutablePointer<UInt8>
    ) -> CodeEncoding {
        CodeEncoding(unsafe table.encode_eight_bit(x, n, inverseScale, code))
    }
}
