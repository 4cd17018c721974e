import Kernels
import TestSupport

/// Records of random codes and trailers, and a query for them.
struct CodeFixture {
    let layout: CodeLayout
    let recordCount: Int
    /// `leadBytes` bytes that belong to nobody, then whole records, so that these start at any address.
    private let storage: [UInt8]
    private let leadBytes: Int
    let trailers: [CodeTrailer]
    let planes: [UInt64]
    let values: [Int8]
    let terms: CodeTerms

    /// How the bytes of codes and queries are drawn.
    enum Filling: CaseIterable {
        case random, allZero, allSet, alternating
    }

    init(_ layout: CodeLayout, recordCount: Int, filling: Filling, using generator: inout SeededGenerator) {
        self.layout = layout
        self.recordCount = recordCount
        func byte(_ index: Int) -> UInt8 {
            switch filling {
            case .random: UInt8.random(in: 0...255, using: &generator)
            case .allZero: 0
            case .allSet: 255
            case .alternating: index % 2 == 0 ? 255 : 0
            }
        }
        leadBytes = Int.random(in: 0..<64, using: &generator)
        var storage = [UInt8](repeating: 0xEE, count: leadBytes), trailers = [CodeTrailer]()
        for _ in 0..<recordCount {
            var record = (0..<layout.codeBytes).map(byte)
            record += [UInt8](repeating: 0, count: layout.strideBytes - layout.codeBytes)
            let population = layout.kind == .oneBit ? record.reduce(0) { $0 + $1.nonzeroBitCount } : 0
            let trailer = CodeTrailer(
                scale: Float.random(in: -2...2, using: &generator), bias: Float.random(in: -9...9, using: &generator),
                population: UInt16(population))
            var span = record.mutableSpan
            trailer.write(into: &span, layout: layout)
            storage += record
            trailers.append(trailer)
        }
        self.storage = storage
        self.trailers = trailers

        let words = layout.dimension / 64
        planes = (0..<4).flatMap { _ in
            (0..<layout.wordsPerPlane).map { word in
                word < words ? (filling == .random ? generator.next() : .max) : 0
            }
        }
        values = (0..<layout.dimension).map { index in
            switch filling {
            case .random: Int8.random(in: -127...127, using: &generator)
            case .allZero, .allSet: index < layout.dimension / 2 || filling == .allSet ? 127 : -128
            case .alternating: index % 4 < 2 ? -127 : 127
            }
        }
        terms = CodeTerms(
            constant: Float.random(in: -5...5, using: &generator), alpha: Float.random(in: -1...1, using: &generator),
            beta: layout.kind == .oneBit ? Float.random(in: -1...1, using: &generator) : 0,
            gamma: Float.random(in: -3...3, using: &generator))
    }

    func code(_ slot: Int) -> [UInt8] {
        let start = leadBytes + slot * layout.strideBytes
        return Array(storage[start..<(start + layout.codeBytes)])
    }

    /// The scores of all records by the reference.
    func expectedScores() -> [Float] {
        (0..<recordCount).map { slot in
            let whole =
                layout.kind == .oneBit
                ? CodeReference.wholeNumber(code(slot), planes: planes, layout: layout)
                : CodeReference.wholeNumber(code(slot), values: values, layout: layout)
            return CodeReference.score(whole, terms: terms, trailer: trailers[slot])
        }
    }

    /// The scores of `slots` by the checked kernels.
    func scores(_ kernels: CodeKernels, slots: [UInt32]) -> [Float] {
        let records = storage.span.extracting(leadBytes..<storage.count)
        var out = [Float](repeating: .nan, count: slots.count)
        var span = out.mutableSpan
        if layout.kind == .oneBit {
            kernels.score(
                layout, planes: planes.span, terms: terms, records: records, slots: slots.span, into: &span)
        } else {
            kernels.score(
                layout, values: values.span, terms: terms, records: records, slots: slots.span, into: &span)
        }
        return out
    }

    /// The scores of `slots` by the unchecked kernels, between two sentinels.
    func uncheckedScores(_ kernels: CodeKernels, slots: [UInt32]) -> [Float] {
        var out = [Float](repeating: 77, count: slots.count + 2)
        out.withUnsafeMutableBufferPointer { out in
            planes.withUnsafeBufferPointer { planes in
                values.withUnsafeBufferPointer { values in
                    storage.withUnsafeBufferPointer { storage in
                        guard let planes = planes.baseAddress, let values = values.baseAddress,
                            let storage = storage.baseAddress, let out = out.baseAddress
                        else { return }
                        let query =
                            layout.kind == .oneBit
                            ? CodeQuery(planes: planes, terms: terms, layout: layout)
                            : CodeQuery(values: values, terms: terms, layout: layout)
                        let records = storage + leadBytes
                        prefetch(records, sizeBytes: layout.strideBytes)
                        kernels.uncheckedScore(
                            query, layout: layout, records: records, slots: slots, count: slots.count, into: out + 1)
                    }
                }
            }
        }
        return out
    }
}
