internal import CPoppler

/// A PDF opened by poppler from memory. One thread at a time: poppler's documents must never be shared.
struct PopplerDocument: ~Copyable {
    private let handle: OpaquePointer

    /// - Throws: `.encrypted` when only a password opens the file, `.malformedFile` when nothing does.
    init(_ bytes: [UInt8]) throws(IngestError) {
        // GBytes copies the data and keeps it as long as the document needs it.
        let data = bytes.withUnsafeBytes { g_bytes_new($0.baseAddress, gsize($0.count)) }
        defer { g_bytes_unref(data) }
        var error: UnsafeMutablePointer<GError>?
        let opened = poppler_document_new_from_bytes(data, nil, &error)
        defer { if let error { g_error_free(error) } }
        guard let opened else {
            guard let error else { throw .malformedFile(reason: "the PDF cannot be opened") }
            let isLocked =
                error.pointee.domain == poppler_error_quark()
                && error.pointee.code == Int32(POPPLER_ERROR_ENCRYPTED.rawValue)
            if isLocked { throw .encrypted }
            throw .malformedFile(reason: error.pointee.message.map { String(cString: $0) } ?? "unknown structure")
        }
        handle = opened
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(handle)) }

    var pageCount: Int { Int(poppler_document_get_n_pages(handle)) }

    var title: String? {
        guard let text = poppler_document_get_title(handle) else { return nil }
        defer { g_free(text) }
        return String(cString: text)
    }

    /// The text of a page with its geometry, or nil when the page cannot be read.
    ///
    /// - Parameter index: 0-based.
    func page(_ index: Int) -> PageText? {
        guard let page = poppler_document_get_page(handle, Int32(clamping: index)) else { return nil }
        defer { g_object_unref(UnsafeMutableRawPointer(page)) }
        var width = 0.0
        var height = 0.0
        poppler_page_get_size(page, &width, &height)
        guard let text = poppler_page_get_text(page) else {
            return PageText(width: width, height: height, scalars: [], boxes: [], runs: [])
        }
        defer { g_free(text) }
        return PageText(
            width: width, height: height, scalars: Array(String(cString: text).unicodeScalars),
            boxes: Self.boxes(of: page), runs: Self.runs(of: page))
    }

    /// One rectangle a scalar.
    private static func boxes(of page: OpaquePointer) -> [PageBox] {
        var rectangles: UnsafeMutablePointer<PopplerRectangle>?
        var count: guint = 0
        guard poppler_page_get_text_layout(page, &rectangles, &count) != 0, let rectangles else { return [] }
        defer { g_free(rectangles) }
        // SAFETY: poppler allocated `count` rectangles; the buffer is read before it is freed.
        return UnsafeBufferPointer(start: rectangles, count: Int(count)).map {
            PageBox(x: $0.x1, y: $0.y1, width: $0.x2 - $0.x1, height: $0.y2 - $0.y1)
        }
    }

    /// Stretches of one font, in order.
    private static func runs(of page: OpaquePointer) -> [FontRun] {
        let list = poppler_page_get_text_attributes(page)
        defer { poppler_page_free_text_attributes(list) }
        var runs: [FontRun] = []
        var node = list
        while let current = node {
            if let data = current.pointee.data {
                // SAFETY: poppler documents each element of the list to be a PopplerTextAttributes.
                let attributes = data.assumingMemoryBound(to: PopplerTextAttributes.self).pointee
                let name = attributes.font_name.map { String(cString: $0) } ?? ""
                runs.append(
                    FontRun(
                        lastScalar: Int(attributes.end_index), size: attributes.font_size,
                        weight: FontWeight(fontName: name)))
            }
            node = current.pointee.next
        }
        return runs
    }
}

/// A stretch of scalars in one font; it begins where the one before ended.
struct FontRun {
    /// Inclusive.
    var lastScalar: Int
    var size: Double
    var weight: FontWeight
}

/// How heavy a font is, by its name: PDF fonts carry no dependable weight.
enum FontWeight: Int, Comparable {
    case light = 1
    case regular, medium, bold

    init(fontName: String) {
        let name = fontName.lowercased()
        if ["bold", "black", "heavy", "demi"].contains(where: name.contains) {
            self = .bold
        } else if name.contains("medium") {
            self = .medium
        } else if name.contains("light") || name.contains("thin") {
            self = .light
        } else {
            self = .regular
        }
    }

    static func < (left: FontWeight, right: FontWeight) -> Bool { left.rawValue < right.rawValue }
}

/// What poppler says about a page: scalars in its reading order, with a box for each and the fonts.
struct PageText {
    var width: Double
    var height: Double
    var scalars: [Unicode.Scalar]
    var boxes: [PageBox]
    var runs: [FontRun]
}
