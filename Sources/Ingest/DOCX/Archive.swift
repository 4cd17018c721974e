internal import CLibZip

/// A ZIP archive in memory, opened for reading under the contract's ceilings.
///
/// Declared sizes are checked when it is opened; what really comes out is counted again while it is read, because an
/// archive may lie. Nothing is ever written, so an entry's name is a key and never a path.
struct Archive: ~Copyable {
    private let handle: OpaquePointer
    // SAFETY: libzip reads from this copy until the archive is discarded in `deinit`, which frees it afterwards.
    private let storage: UnsafeMutableRawBufferPointer
    private let limits: IngestLimits
    private var expandedBytes = 0

    init(_ bytes: [UInt8], limits: IngestLimits) throws(IngestError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 16)
        copy.copyBytes(from: bytes)
        do throws(IngestError) {
            let opened = try Self.open(copy, count: bytes.count)
            do throws(IngestError) {
                try Self.checkDirectory(of: opened, storedBytes: bytes.count, limits: limits)
            } catch {
                zip_discard(opened)
                throw error
            }
            handle = opened
        } catch {
            copy.deallocate()
            throw error
        }
        storage = copy
        self.limits = limits
    }

    private static func open(
        _ storage: UnsafeMutableRawBufferPointer, count: Int
    ) throws(IngestError) -> OpaquePointer {
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        let source = zip_source_buffer_create(storage.baseAddress, zip_uint64_t(count), 0, &error)
        if let opened = source.flatMap({ zip_open_from_source($0, Int32(ZIP_RDONLY), &error) }) { return opened }
        if let source { zip_source_free(source) }
        let reason = zip_error_strerror(&error).map { String(cString: $0) } ?? "not a ZIP archive"
        throw .malformedFile(reason: "the archive cannot be opened: \(reason)")
    }

    deinit {
        zip_discard(handle)
        storage.deallocate()
    }

    private static func checkDirectory(
        of handle: OpaquePointer, storedBytes: Int, limits: IngestLimits
    ) throws(IngestError) {
        let count = Int(zip_get_num_entries(handle, 0))
        guard count <= limits.maximumArchiveEntries else {
            throw .archiveBomb(reason: "\(count) entries, the limit is \(limits.maximumArchiveEntries)")
        }
        var total: UInt64 = 0
        for index in 0..<max(0, count) {
            var status = zip_stat_t()
            guard zip_stat_index(handle, zip_uint64_t(index), 0, &status) == 0 else { continue }
            guard status.valid & UInt64(ZIP_STAT_SIZE) != 0 else { continue }
            let (sum, overflow) = total.addingReportingOverflow(status.size)
            total = overflow ? .max : sum
        }
        try check(expandedBytes: Int(clamping: total), storedBytes: storedBytes, limits: limits)
    }

    private static func check(
        expandedBytes: Int, storedBytes: Int, limits: IngestLimits
    ) throws(IngestError) {
        guard expandedBytes <= limits.maximumExpandedBytes else {
            throw .archiveBomb(reason: "over \(limits.maximumExpandedBytes >> 20) MiB when expanded")
        }
        guard expandedBytes / max(1, storedBytes) < limits.maximumExpansionRatio else {
            throw .archiveBomb(reason: "expands more than \(limits.maximumExpansionRatio) times")
        }
    }

    /// The content of an entry, or nil when there is none of that name.
    mutating func contents(of name: String) throws(IngestError) -> [UInt8]? {
        let index = zip_name_locate(handle, name, 0)
        guard index >= 0 else { return nil }
        guard let file = zip_fopen_index(handle, zip_uint64_t(index), 0) else {
            throw .malformedFile(reason: "its part \(name) cannot be read")
        }
        defer { zip_fclose(file) }
        var result: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = piece.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, zip_uint64_t($0.count)) }
            guard count >= 0 else { throw .malformedFile(reason: "its part \(name) is damaged") }
            if count == 0 { return result }
            expandedBytes += Int(count)
            try Self.check(expandedBytes: expandedBytes, storedBytes: storage.count, limits: limits)
            result += piece[..<Int(count)]
        }
    }
}
