import COpenSSL

/// SHA-256 (FIPS 180-4) fed in pieces, by OpenSSL.
public struct SHA256: ~Copyable {
    public static let byteCount = 32
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // SAFETY: OpenSSL reads `count` bytes of a buffer that lives for the call; an empty one may have no address.
        guard let address = bytes.baseAddress else { return }
        let result = EVP_DigestUpdate(context, address, bytes.count)
        precondition(result == 1, "OpenSSL refused to digest \(bytes.count) bytes")
    }

    public mutating func update(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
    }

    public consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            // SAFETY: the buffer holds the 32 bytes that SHA-256 writes.
            let result = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(result == 1, "OpenSSL could not finish a digest")
            count = Self.byteCount
        }
    }

    public static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var digest = SHA256()
        digest.update(bytes)
        return digest.finish()
    }
}

/// Lower-case hexadecimal.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] { text.append(nibble < 10 ? 48 + nibble : 87 + nibble) }
    }
    return String(decoding: text, as: UTF8.self)
}

/// Bytes fit for secrets, from OpenSSL's generator.
public func randomBytes(_ count: Int) -> [UInt8] {
    precondition((0...65_536).contains(count), "asked for \(count) random bytes")
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
        // SAFETY: RAND_bytes fills exactly `count` bytes of a buffer of that capacity.
        let result = count == 0 ? 1 : RAND_bytes(buffer.baseAddress, Int32(count))
        precondition(result == 1, "the system gave no random bytes")
        written = count
    }
}
