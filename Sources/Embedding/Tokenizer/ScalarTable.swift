/// Facts about one Unicode scalar, as the reference tokenizer sees it.
struct ScalarFlags: OptionSet, Sendable {
    let rawValue: UInt8

    /// Dropped by text cleaning.
    static let removed = ScalarFlags(rawValue: 1)
    static let whitespace = ScalarFlags(rawValue: 2)
    /// A Chinese character, isolated as a word.
    static let ideograph = ScalarFlags(rawValue: 4)
    static let punctuation = ScalarFlags(rawValue: 8)
    /// A nonspacing mark (or decomposes into such alone): dropped with accents.
    static let mark = ScalarFlags(rawValue: 16)
    /// Of a canonical combining class other than 0.
    static let nonstarter = ScalarFlags(rawValue: 32)
    static let uppercase = ScalarFlags(rawValue: 64)
    static let decomposes = ScalarFlags(rawValue: 128)
}

/// `UnicodeData` unfolded for look-up: two array reads for the flags of any scalar.
///
/// Pages of 256 scalars; pages with equal content all over (nothing special, or all removed) are stored once.
struct ScalarTable: Sendable {
    static let shared = ScalarTable()

    /// Page number of each block of 256 scalars.
    private var pageOfBlock = [UInt16](repeating: 0, count: 0x1100)
    private var flags: [UInt8]
    /// Index into `mappings` of scalars that are upper case or decompose.
    private var mappingIndex: [UInt16]
    private var mappings: [Mapping] = [Mapping()]
    private var uniformPages: [UInt8: UInt16] = [0: 0]

    private struct Mapping {
        var lowercase: UInt32 = 0
        /// Where `UnicodeData.decompositions` holds the parts, and how many.
        var start = 0
        var count = 0
    }

    private init() {
        flags = [UInt8](repeating: 0, count: 256)
        mappingIndex = [UInt16](repeating: 0, count: 256)
        mark(UnicodeData.removed, .removed)
        mark(UnicodeData.whitespace, .whitespace)
        mark(UnicodeData.ideographs, .ideograph)
        mark(UnicodeData.punctuation, .punctuation)
        mark(UnicodeData.starterMarks, .mark)
        markRuns(UnicodeData.nonstarterMarks, [.mark, .nonstarter])
        markRuns(UnicodeData.keptNonstarters, .nonstarter)
        addLowercase()
        addDecompositions()
    }

    /// The flags of a scalar; none for values beyond U+10FFFF.
    @inline(__always)
    func flags(of scalar: UInt32) -> ScalarFlags {
        guard scalar < 0x110000 else { return [] }
        let page = Int(pageOfBlock[Int(scalar >> 8)])
        return ScalarFlags(rawValue: flags[page << 8 | Int(scalar & 0xFF)])
    }

    /// The lower-case scalar of one flagged `uppercase`.
    func lowercase(of scalar: UInt32) -> UInt32 {
        mapping(of: scalar).lowercase
    }

    /// The canonical decomposition of one flagged `decomposes`, without its nonspacing marks; never empty.
    func decomposition(of scalar: UInt32) -> ArraySlice<UInt32> {
        let mapping = mapping(of: scalar)
        return UnicodeData.decompositions[mapping.start..<(mapping.start + mapping.count)]
    }

    /// The canonical combining class of one flagged `nonstarter` (of its first part if it decomposes). Linear in the
    /// few hundred runs of marks: needed only where marks have to be put in order.
    func combiningClass(of scalar: UInt32) -> UInt32 {
        for runs in [UnicodeData.keptNonstarters, UnicodeData.nonstarterMarks] {
            for i in stride(from: 0, to: runs.count, by: 3) where runs[i] <= scalar && scalar <= runs[i + 1] {
                return runs[i + 2]
            }
        }
        return 0
    }

    private func mapping(of scalar: UInt32) -> Mapping {
        let page = Int(pageOfBlock[Int(scalar >> 8)])
        return mappings[Int(mappingIndex[page << 8 | Int(scalar & 0xFF)])]
    }

    private mutating func markRuns(_ runs: [UInt32], _ added: ScalarFlags) {
        for i in stride(from: 0, to: runs.count, by: 3) { mark(Array(runs[i...(i + 1)]), added) }
    }

    private mutating func mark(_ ranges: [UInt32], _ added: ScalarFlags) {
        for i in stride(from: 0, to: ranges.count, by: 2) {
            var scalar = ranges[i]
            while scalar <= ranges[i + 1] {
                let block = Int(scalar >> 8)
                if scalar & 0xFF == 0, ranges[i + 1] - scalar >= 0xFF, let page = uniformPage(block, added) {
                    pageOfBlock[block] = page
                    scalar += 256
                } else {
                    flags[writableIndex(of: scalar)] |= added.rawValue
                    scalar += 1
                }
            }
        }
    }

    /// The shared page for a block that so far has equal flags everywhere, with `added` put in; nil for a mixed block.
    private mutating func uniformPage(_ block: Int, _ added: ScalarFlags) -> UInt16? {
        let old = pageOfBlock[block]
        guard let rawFlags = uniformPages.first(where: { $0.value == old })?.key else { return nil }
        let new = rawFlags | added.rawValue
        if let page = uniformPages[new] { return page }
        let page = appendPage(flags: [UInt8](repeating: new, count: 256))
        uniformPages[new] = page
        return page
    }

    private mutating func appendPage(flags pageFlags: [UInt8]) -> UInt16 {
        let page = UInt16(flags.count >> 8)
        flags += pageFlags
        mappingIndex += [UInt16](repeating: 0, count: 256)
        return page
    }

    /// Where the scalar's entry is, after giving its block a page of its own.
    private mutating func writableIndex(of scalar: UInt32) -> Int {
        let block = Int(scalar >> 8)
        let old = pageOfBlock[block]
        if uniformPages.values.contains(old) {
            let start = Int(old) << 8
            pageOfBlock[block] = appendPage(flags: Array(flags[start..<(start + 256)]))
        }
        return Int(pageOfBlock[block]) << 8 | Int(scalar & 0xFF)
    }

    private mutating func addLowercase() {
        let runs = UnicodeData.lowercase
        for i in stride(from: 0, to: runs.count, by: 4) {
            for scalar in stride(from: runs[i], through: runs[i + 1], by: Int(runs[i + 2])) {
                let index = writableIndex(of: UInt32(scalar))
                flags[index] |= ScalarFlags.uppercase.rawValue
                mappingIndex[index] = UInt16(mappings.count)
                mappings.append(Mapping(lowercase: UInt32(scalar + runs[i + 3])))
            }
        }
    }

    private mutating func addDecompositions() {
        let data = UnicodeData.decompositions
        var i = 0
        while i < data.count {
            let count = Int(data[i] >> 24)
            let index = writableIndex(of: data[i] & 0x1F_FFFF)
            flags[index] |= ScalarFlags.decomposes.rawValue
            if mappingIndex[index] == 0 {
                mappingIndex[index] = UInt16(mappings.count)
                mappings.append(Mapping())
            }
            mappings[Int(mappingIndex[index])].start = i + 1
            mappings[Int(mappingIndex[index])].count = count
            i += 1 + count
        }
    }
}
