/// The names in a ZIP archive's central directory (APPNOTE 6.3.10, sections 4.3.12 and 4.3.16); expands nothing.
///
/// For the sniffer alone: it runs in the server, so it reads untrusted bytes with checked indexes and few of them.
/// The worker opens archives with libzip.
enum ArchiveDirectory {
    /// More names than this are not needed to tell a format.
    static let maximumNames = 5_000

    /// The entry names, or nil when there is no readable directory.
    static func entryNames(of bytes: [UInt8]) -> [String]? {
        guard let end = endRecord(of: bytes) else { return nil }
        let total = Int(read16(bytes, end + 10))
        var offset = Int(read32(bytes, end + 16))
        var names: [String] = []
        while names.count < min(total, maximumNames) {
            guard offset >= 0, offset + 46 <= bytes.count, read32(bytes, offset) == 0x0201_4B50 else { break }
            let nameCount = Int(read16(bytes, offset + 28))
            let skipped = Int(read16(bytes, offset + 30)) + Int(read16(bytes, offset + 32))
            guard offset + 46 + nameCount <= bytes.count else { break }
            names.append(String(decoding: bytes[(offset + 46)..<(offset + 46 + nameCount)], as: UTF8.self))
            offset += 46 + nameCount + skipped
        }
        return names.isEmpty ? nil : names
    }

    /// Offset of the end-of-central-directory record: 22 bytes and a comment of at most 65,535 before the file's end.
    private static func endRecord(of bytes: [UInt8]) -> Int? {
        guard bytes.count >= 22 else { return nil }
        var offset = bytes.count - 22
        let first = max(0, offset - 65_535)
        while offset >= first {
            if read32(bytes, offset) == 0x0605_4B50 { return offset }
            offset -= 1
        }
        return nil
    }

    private static func read16(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    }

    private static func read32(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        UInt32(read16(bytes, offset)) | UInt32(read16(bytes, offset + 2)) << 16
    }
}
