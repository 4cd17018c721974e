import Kernels
import Testing

@Suite struct CodeLayoutTests {
    @Test func oneBitAtDimension384IsOneCacheLine() {
        let layout = CodeLayout(kind: .oneBit, dimension: 384)
        #expect(layout.codeBytes == 48 && layout.strideBytes == 64 && layout.trailerOffset == 48)
        #expect(layout.wordsPerPlane == 8)
    }

    @Test func stridesHoldCodeAndTrailer() {
        for kind in CodeKind.allCases {
            for dimension in [1, 63, 64, 65, 128, 384, 448, 768, 1_024, 4_096] {
                let layout = CodeLayout(kind: kind, dimension: dimension)
                #expect(layout.dimension % 64 == 0 && (0..<64).contains(layout.dimension - dimension))
                #expect(layout.strideBytes % 64 == 0)
                #expect((0..<64).contains(layout.trailerOffset - layout.codeBytes), "\(kind), \(dimension)")
            }
        }
        #expect(CodeLayout(kind: .fourBit, dimension: 384).strideBytes == 256)
        #expect(CodeLayout(kind: .eightBit, dimension: 384).strideBytes == 448)
    }

    @Test func trailersReadBackAndTouchNothingElse() {
        let layout = CodeLayout(kind: .oneBit, dimension: 512)
        let trailer = CodeTrailer(scale: 1.5, bias: -2, population: 512)
        var record = [UInt8](repeating: 0xAB, count: layout.strideBytes)
        var span = record.mutableSpan
        trailer.write(into: &span, layout: layout)
        #expect(CodeTrailer(record.span, layout: layout) == trailer)
        #expect(record[..<layout.trailerOffset].allSatisfy { $0 == 0xAB })
        // Little-endian: 1.5, -2, 0, 512, 0.
        let bytes: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 2, 0, 0, 0, 0]
        #expect(Array(record[layout.trailerOffset...]) == bytes)
    }

    @Test func handWorkedOrderOfFourBitComponents() {
        let layout = CodeLayout(kind: .fourBit, dimension: 192)
        var components = [Int](repeating: 0, count: 192)
        components[0] = 1
        components[64] = 2
        components[63] = 3
        components[128] = 4
        components[160] = 5
        components[191] = 6
        let code = CodeReference.code(components, layout: layout)
        #expect(code[0] == 0x21 && code[63] == 0x03 && code[64] == 0x54 && code[95] == 0x60)
        #expect(code.count == 96 && code.reduce(0) { $0 + ($1 == 0 ? 0 : 1) } == 4)
        #expect(CodeReference.components(code, layout: layout) == components)
    }
}
