import CKernels

/// The numbers by which a query turns the whole number I of a record into a score:
/// `constant + bias + scale · (alpha · I + beta · population + gamma)`.
public struct CodeTerms: Sendable, Equatable {
    public var constant: Float
    public var alpha: Float
    public var beta: Float
    public var gamma: Float

    public init(constant: Float = 0, alpha: Float = 1, beta: Float = 0, gamma: Float = 0) {
        self.constant = constant
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
    }
}

/// A prepared query by address, for the unchecked scores. It owns nothing: who makes one keeps the memory alive and
/// unchanged while it is used.
@unsafe
public struct CodeQuery {
    var raw: kernels_code_query

    /// A query for one-bit codes: four bit planes of `layout.wordsPerPlane` words, least significant first.
    public init(planes: UnsafePointer<UInt64>, terms: CodeTerms, layout: CodeLayout) {
        unsafe self.init(planes, nil, terms, layout)
    }

    /// A query for codes of four or eight bits: `layout.dimension` numbers.
    public init(values: UnsafePointer<Int8>, terms: CodeTerms, layout: CodeLayout) {
        unsafe self.init(nil, values, terms, layout)
    }

    private init(
        _ planes: UnsafePointer<UInt64>?, _ values: UnsafePointer<Int8>?, _ terms: CodeTerms, _ layout: CodeLayout
    ) {
        unsafe raw = kernels_code_query(
            planes: planes, values: values, dimension: layout.dimension, constant: terms.constant, alpha: terms.alpha,
            beta: terms.beta, gamma: terms.gamma)
    }
}

extension CodeKernels {
    // MARK: Scores with every shape and slot checked

    /// The scores of one-bit records by slot: out[i] belongs to slots[i].
    ///
    /// - Parameters:
    ///   - planes: four bit planes of `layout.wordsPerPlane` words, least significant first, 0 from word
    ///     `layout.dimension / 64` on.
    ///   - records: whole records of `layout`, one after another.
    public func score(
        _ layout: CodeLayout, planes: Span<UInt64>, terms: CodeTerms, records: Span<UInt8>,
        slots: Span<UInt32>, into out: inout MutableSpan<Float>
    ) {
        precondition(layout.kind == .oneBit, "bit planes against \(layout.kind)")
        precondition(planes.count == 4 * layout.wordsPerPlane, "\(planes.count) words in four bit planes")
        checkRecords(records, layout: layout, slots: slots)
        precondition(out.count == slots.count, "\(slots.count) slots for \(out.count) scores")
        // SAFETY: the spans keep everything alive; slots and shapes are checked above.
        unsafe planes.withUnsafeBufferPointer { planes in
            guard let planes = planes.baseAddress else { return }
            let query = unsafe CodeQuery(planes: planes, terms: terms, layout: layout)
            unsafe scoreChecked(query, layout, records, slots, &out)
        }
    }

    /// The scores of four-bit or eight-bit records by slot; `values` holds `layout.dimension` numbers. Otherwise as for
    /// bit planes.
    public func score(
        _ layout: CodeLayout, values: Span<Int8>, terms: CodeTerms, records: Span<UInt8>,
        slots: Span<UInt32>, into out: inout MutableSpan<Float>
    ) {
        precondition(layout.kind != .oneBit, "signed bytes against \(layout.kind)")
        precondition(values.count == layout.dimension, "\(values.count) values for dimension \(layout.dimension)")
        checkRecords(records, layout: layout, slots: slots)
        precondition(out.count == slots.count, "\(slots.count) slots for \(out.count) scores")
        // SAFETY: the spans keep everything alive; slots and shapes are checked above.
        unsafe values.withUnsafeBufferPointer { values in
            guard let values = values.baseAddress else { return }
            let query = unsafe CodeQuery(values: values, terms: terms, layout: layout)
            unsafe scoreChecked(query, layout, records, slots, &out)
        }
    }

    private func checkRecords(_ records: Span<UInt8>, layout: CodeLayout, slots: Span<UInt32>) {
        let stride = layout.strideBytes
        precondition(records.count % stride == 0, "\(records.count) bytes are no whole records of \(stride)")
        let recordCount = records.count / stride
        for index in slots.indices {
            precondition(Int(slots[index]) < recordCount, "slot \(slots[index]) of \(recordCount) records")
        }
    }

    private func scoreChecked(
        _ query: CodeQuery, _ layout: CodeLayout, _ records: Span<UInt8>, _ slots: Span<UInt32>,
        _ out: inout MutableSpan<Float>
    ) {
        unsafe records.withUnsafeBufferPointer { records in
            unsafe slots.withUnsafeBufferPointer { slots in
                unsafe out.withUnsafeMutableBufferPointer { out in
                    guard let records = records.baseAddress, let start = slots.baseAddress, let out = out.baseAddress
                    else { return }
                    unsafe uncheckedScore(
                        query, layout: layout, records: records, slots: start, count: slots.count, into: out)
                }
            }
        }
    }

    // MARK: The same without checks, for loops whose owner has proven the shapes

    /// Scores the records at records + slots[i] · stride for i < count. The caller has prefetched their lines.
    @unsafe
    public func uncheckedScore(
        _ query: CodeQuery, layout: CodeLayout, records: UnsafePointer<UInt8>, slots: UnsafePointer<UInt32>,
        count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        let kernel =
            switch layout.kind {
            case .oneBit: unsafe table.score_one_bit
            case .fourBit: unsafe table.score_four_bit
            case .eightBit: unsafe table.score_eight_bit
            }
        unsafe withUnsafePointer(to: query.raw) { raw in
            unsafe kernel(raw, records, layout.strideBytes, slots, count, out)
        }
    }
}
