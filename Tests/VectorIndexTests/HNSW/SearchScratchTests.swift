import Kernels
import Testing

@testable import VectorIndex

@Suite struct SearchScratchTests {
    /// Queries are padded for rows and codes alike; batches hold a block of links and what two hops add.
    @Test func shapes() {
        for dimension in [1, 63, 64, 65, 192, 4_096] {
            for codes in CodeScheme.allCases {
                let parameters = HNSWParameters(m: 8, m0: 40, codes: codes)
                let shape = SearchScratch.Shape(dimension: dimension, parameters: parameters)
                #expect(shape.queryStride % 64 == 0 && shape.queryStride >= dimension)
                for format in RowFormat.allCases {
                    #expect(shape.queryStride >= VectorRows.stride(dimension: dimension, format: format))
                }
                #expect(shape.degreeLimit == 40)
                let kind = codes.resolved(dimension: dimension).kind
                #expect(
                    shape.recordBytes
                        == (kind.map { CodeLayout(kind: $0, dimension: dimension).strideBytes } ?? 0))
            }
        }
        #expect(
            SearchScratch.Shape(dimension: 3, parameters: HNSWParameters(m: 16, m0: 16)).degreeLimit == 16)
    }

    @Test func buffersFitTheShape() {
        let shape = SearchScratch.Shape(dimension: 65, parameters: HNSWParameters(m0: 512))
        let scratch = SearchScratch(shape: shape)
        #expect(scratch.query.capacity == 128)
        #expect((0..<128).allSatisfy { scratch.query[$0] == 0 })
        #expect(scratch.batch.capacity == SearchScratch.blockRows)
        #expect(scratch.distances.capacity == SearchScratch.blockRows)
        #expect(scratch.beam.batch.capacity >= 512 && scratch.beam.scores.capacity == scratch.beam.batch.capacity)
    }
}
