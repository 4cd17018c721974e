import API
import CRM
import Foundation
import TestSupport
import Testing

@Suite struct CryptoTests {
    // RFC 4231, test cases 1, 2 and 6.
    @Test func hmacMatchesTheStandard() {
        #expect(
            hexadecimal(hmacSHA256(Array("Hi There".utf8), key: [UInt8](repeating: 0x0b, count: 20)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hexadecimal(hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hexadecimal(
                hmacSHA256(
                    Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                    key: [UInt8](repeating: 0xaa, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(hmacSHA256([], key: [1]).count == 32)
    }

    @Test func constantTimeEqualComparesContentAndLength() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
    }

    @Test func base64URLAgreesWithFoundation() {
        let seed: UInt64 = 31
        var random = SeededGenerator(seed: seed)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let expected = Data(bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(Base64URL.encode(bytes) == expected, "seed \(seed)")
            #expect(Base64URL.decode(expected.utf8) == bytes, "seed \(seed)")
        }
    }

    // "QQ" is the one spelling of "A"; "QR" differs only in bits that nobody reads.
    @Test(arguments: ["A", "QQ==", "QR", "QUJD=", "QU JD", "QUI+", "QUI/", "é", "QUJDR"])
    func base64URLIsStrict(text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }
}
