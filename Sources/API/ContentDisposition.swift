/// The header that names a downloaded file (RFC 6266).
enum ContentDisposition {
    private static let maximumEncodedBytes = 450

    /// Plain ASCII for old clients, and the whole name percent-encoded (RFC 8187).
    static func attachment(_ filename: String) -> String {
        let plain = String(
            String.UnicodeScalarView(
                filename.unicodeScalars.map { scalar in
                    scalar.isASCII && scalar.value >= 32 && scalar.value != 127 && scalar != "\"" && scalar != "\\"
                        ? scalar : "_"
                }))
        var encoded = ""
        for scalar in filename.unicodeScalars {
            let piece = String(scalar).utf8.map { byte in
                isAttributeCharacter(byte) ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
            }.joined()
            if encoded.utf8.count + piece.utf8.count > maximumEncodedBytes { break }
            encoded += piece
        }
        return "attachment; filename=\"\(plain.prefix(100))\"; filename*=UTF-8''\(encoded)"
    }

    private static func isAttributeCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "!#$&+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
}
