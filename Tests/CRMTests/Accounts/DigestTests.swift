import CRM
import TestSupport
import Testing

@Suite struct DigestTests {
    // FIPS 180-4 examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func matchesTheStandard(text: String, expected: String) {
        #expect(hexadecimal(SHA256.hash(text.utf8)) == expected)
    }

    @Test func piecesDoNotMatter() {
        let seed: UInt64 = 3
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<5_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let whole = SHA256.hash(bytes)
        for _ in 0..<20 {
            var digest = SHA256()
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...700, using: &random))
                digest.update(piece)
                rest = rest.dropFirst(piece.count)
            }
            let found = digest.finish()
            #expect(found == whole, "seed \(seed)")
        }
    }
}
