import COpenSSL
import CRM

/// HMAC with SHA-256 (RFC 2104), by OpenSSL.
public func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    precondition(!key.isEmpty, "HMAC needs a key")
    return [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
        var length: UInt32 = 0
        // SAFETY: both arrays live for the call with their counts beside them; SHA-256 fills 32 bytes of `buffer`.
        let result = HMAC(
            EVP_sha256(), key, Int32(clamping: key.count), message, message.count, buffer.baseAddress, &length)
        precondition(result != nil && length == SHA256.byteCount, "OpenSSL could not compute an HMAC")
        count = SHA256.byteCount
    }
}

/// Whether two byte strings are equal, in time that depends on their lengths alone.
public func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    // SAFETY: equal counts are checked first; both arrays live for the call.
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5).
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(pending >> bits & 63)])
            }
            pending &= 1 << bits - 1
        }
        if bits > 0 { text.append(alphabet[Int(pending << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Strict: no padding, no spaces, no other alphabet, and the unused last bits are zero, so that every byte
    /// string has exactly one spelling. Nil otherwise.
    public static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits: UInt32 = 0
        for character in text {
            let value: UInt8
            switch character {
            case 65...90: value = character - 65
            case 97...122: value = character - 71
            case 48...57: value = character + 4
            case 45: value = 62
            case 95: value = 63
            default: return nil
            }
            pending = pending << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
                pending &= 1 << bits - 1
            }
        }
        guard bits < 6, pending == 0 else { return nil }
        return bytes
    }
}
