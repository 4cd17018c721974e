import Testing

@testable import VectorIndex

/// The layout: where everything lies in a file.
@Suite struct IndexFileTests {
    private func layout(
        version: UInt32 = IndexFile.currentVersion, dimension: Int = 100, rows: RowFormat = .float32,
        codes: CodeScheme = .automatic, slots: Int = 10, upperBlocks: Int = 3, trained: Int = 0, m: Int = 16,
        m0: Int = 32
    ) -> IndexFile {
        IndexFile(
            version: version, dimension: dimension, metric: .l2,
            parameters: HNSWParameters(m: m, m0: m0, seed: 9, rows: rows, codes: codes), slotCount: slots,
            liveCount: slots, upperBlockCount: upperBlocks, entryPoint: 1, root: 2, lastSequence: 77,
            fingerprint: someFingerprint, trainedCount: trained)
    }

    /// By hand: 100 floats take 7 cache lines; 4 bits × 128 and 16 bytes of trailer take 2.
    @Test func sizes() {
        let coded = layout(trained: 5)
        #expect(coded.sizeBytes(.vectors) == 10 * 448)
        #expect(coded.sizeBytes(.codes) == 10 * 128)
        #expect(coded.sizeBytes(.codeModel) == (2 * 64 * 64 + 128 + 1) * 4)
        #expect(coded.sizeBytes(.keys) == 80 && coded.paddedSizeBytes(.keys) == 128)
        #expect(coded.sizeBytes(.levels) == 10 && coded.paddedSizeBytes(.levels) == 64)
        #expect(coded.sizeBytes(.parents) == 40 && coded.sizeBytes(.level0) == 10 * 32 * 4)
        #expect(coded.sizeBytes(.upper) == 3 * 16 * 4)
        #expect(coded.fileSizeBytes == 512 + 4_480 + 1_280 + 33_344 + 128 + 64 + 64 + 1_280 + 192)
        let plain = layout(rows: .bfloat16)
        #expect(plain.sizeBytes(.vectors) == 10 * 256)
        #expect(plain.sizeBytes(.codes) == 0 && plain.sizeBytes(.codeModel) == 0 && plain.codeLayout == nil)
        #expect(layout(codes: .none, trained: 5).codeLayout == nil)
        let first = layout(version: 1, m: 4, m0: 8)
        #expect(first.sizeBytes(.level0) == 10 * 9 * 4 && first.sizeBytes(.upper) == 3 * 5 * 4)
        #expect(first.sections.count == 6 && first.headerSizeBytes == 256 && first.offset(.vectors) == 256)
    }

    @Test(arguments: [1, 2] as [UInt32], CodeScheme.allCases)
    func sectionsFollowOneAnotherOnCacheLines(version: UInt32, codes: CodeScheme) {
        for slots in [0, 1, 7, 64, 1_000] {
            let layout = layout(version: version, codes: codes, slots: slots, upperBlocks: slots / 3, trained: slots)
            var end = layout.headerSizeBytes
            for section in layout.sections {
                #expect(layout.offset(section) == end && end % 64 == 0)
                #expect(layout.paddedSizeBytes(section) - layout.sizeBytes(section) < 64)
                end += layout.paddedSizeBytes(section)
            }
            #expect(layout.fileSizeBytes == end)
        }
    }

    /// Numbers at their limits overflow nothing.
    @Test func theLargestFile() {
        let layout = layout(
            dimension: 4_096, codes: .eightBit, slots: 1 << 30, upperBlocks: 15 << 30, trained: 1 << 30, m: 128, m0: 512
        )
        #expect(layout.fileSizeBytes > 1 << 44 && layout.fileSizeBytes < 1 << 46)
    }

    @Test func headersComeBack() throws {
        for version: UInt32 in [1, 2] {
            for rows in RowFormat.allCases where version > 1 || rows == .float32 {
                let layout = layout(version: version, rows: rows, trained: version == 1 ? 0 : 6)
                let sums = layout.sections.indices.map { UInt32($0 * 1_000 + 7) }
                let header = HeaderBytes(bytes: layout.makeHeader(sectionChecksums: sums))
                #expect(header.bytes.count == (version == 1 ? 256 : 512))
                #expect(header.bytes.starts(with: Array("PPHNSW\r\n".utf8)))
                #expect(layout.sectionChecksums(in: header) == sums)
                #expect(try IndexFileHeader(path: "a", header: header).parse() == layout)
            }
        }
    }
}
