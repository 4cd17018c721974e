internal import CLibXML2

/// What a reader of one XML part does with its events.
protocol XMLEventHandler: AnyObject {
    /// - Parameters:
    ///   - name: the local name; `isWord` says whether its name space is WordprocessingML.
    ///   - attributes: values by local name (prefixes are dropped: the format uses no name twice).
    func start(_ name: String, isWord: Bool, attributes: [String: String])
    func end(_ name: String, isWord: Bool)
    func characters(_ text: String)
    /// Set by the handler to end the reading with an error.
    var failure: IngestError? { get }
}

/// Drives libxml2's SAX2 interface over one part.
///
/// No network, no document type, no entity beyond the five of XML itself; depth is bounded.
enum XMLReader {
    private static let wordNameSpaces: Set<String> = [
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    ]

    /// Feeds the events of `bytes` to `handler`.
    ///
    /// - Throws: `.malformedFile` when the XML is not well formed, or what the handler set as its failure.
    static func read(
        _ bytes: [UInt8], part: String, limits: IngestLimits, handler: any XMLEventHandler
    ) throws(IngestError) {
        try XMLTags.check(bytes, limits: limits)
        let state = ParseState(handler: handler, maximumDepth: limits.maximumXMLDepth)
        var callbacks = makeCallbacks()
        let result = withExtendedLifetime(state) { () -> Int32 in
            // SAFETY: `state` outlives the parser, which is freed before this closure returns.
            let context = xmlCreatePushParserCtxt(&callbacks, Unmanaged.passUnretained(state).toOpaque(), nil, 0, nil)
            guard let context else { return -1 }
            defer { xmlFreeParserCtxt(context) }
            state.context = context
            let options = XML_PARSE_NONET.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_NOERROR.rawValue
            xmlCtxtUseOptions(context, Int32(bitPattern: options | XML_PARSE_NOWARNING.rawValue))
            return feed(bytes, to: context)
        }
        if let failure = state.failure ?? handler.failure { throw failure }
        guard result == 0 else {
            throw .malformedFile(reason: "its part \(part) is not well-formed XML (error \(result))")
        }
    }

    private static func feed(_ bytes: [UInt8], to context: xmlParserCtxtPtr) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            let base = buffer.bindMemory(to: CChar.self)
            var offset = 0
            while offset < base.count {
                let count = min(1 << 20, base.count - offset)
                // SAFETY: [offset, offset + count) lies inside the buffer.
                let result = xmlParseChunk(context, base.baseAddress.map { $0 + offset }, Int32(count), 0)
                if result != 0 { return result }
                offset += count
            }
            return xmlParseChunk(context, nil, 0, 1)
        }
    }

    fileprivate static func isWord(_ uri: UnsafePointer<xmlChar>?) -> Bool {
        guard let uri else { return false }
        return wordNameSpaces.contains(String(cString: uri))
    }

    private static func makeCallbacks() -> xmlSAXHandler {
        var callbacks = xmlSAXHandler()
        callbacks.initialized = UInt32(XML_SAX2_MAGIC)
        callbacks.startElementNs = { user, name, _, uri, _, _, attributeCount, _, attributes in
            ParseState.from(user)?.start(name, uri, Int(attributeCount), attributes)
        }
        callbacks.endElementNs = { user, name, _, uri in ParseState.from(user)?.end(name, uri) }
        callbacks.characters = { user, text, count in ParseState.from(user)?.characters(text, Int(count)) }
        callbacks.cdataBlock = { user, text, count in ParseState.from(user)?.characters(text, Int(count)) }
        callbacks.internalSubset = { user, _, _, _ in ParseState.from(user)?.refuseDocumentType() }
        callbacks.reference = { user, _ in ParseState.from(user)?.refuseDocumentType() }
        return callbacks
    }
}

/// The bridge between C callbacks and the handler.
private final class ParseState {
    var context: xmlParserCtxtPtr?
    var failure: IngestError?
    private let handler: any XMLEventHandler
    private let maximumDepth: Int
    private var depth = 0

    init(handler: any XMLEventHandler, maximumDepth: Int) {
        self.handler = handler
        self.maximumDepth = maximumDepth
    }

    static func from(_ user: UnsafeMutableRawPointer?) -> ParseState? {
        // SAFETY: the pointer is the state that `XMLReader.read` keeps alive during the parse.
        user.map { Unmanaged<ParseState>.fromOpaque($0).takeUnretainedValue() }
    }

    func start(
        _ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, _ count: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        depth += 1
        guard depth <= maximumDepth else { return stop(.malformedFile(reason: "its XML is nested too deeply")) }
        guard let name else { return }
        var values: [String: String] = [:]
        if let attributes {
            // SAFETY: libxml2 hands over `count` groups of five pointers: name, prefix, URI, value, end of value.
            for group in 0..<count {
                guard let key = attributes[5 * group], let start = attributes[5 * group + 3],
                    let end = attributes[5 * group + 4]
                else { continue }
                let value = UnsafeBufferPointer(start: start, count: max(0, end - start))
                values[String(cString: key)] = String(decoding: value, as: UTF8.self)
            }
        }
        handler.start(String(cString: name), isWord: XMLReader.isWord(uri), attributes: values)
        if let failure = handler.failure { stop(failure) }
    }

    func end(_ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?) {
        depth -= 1
        guard let name else { return }
        handler.end(String(cString: name), isWord: XMLReader.isWord(uri))
        if let failure = handler.failure { stop(failure) }
    }

    func characters(_ text: UnsafePointer<xmlChar>?, _ count: Int) {
        guard let text, count > 0 else { return }
        // SAFETY: libxml2 hands over `count` readable bytes.
        handler.characters(String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self))
    }

    func refuseDocumentType() {
        stop(.malformedFile(reason: "its XML declares a document type or entities"))
    }

    private func stop(_ error: IngestError) {
        if failure == nil { failure = error }
        if let context { xmlStopParser(context) }
    }
}
