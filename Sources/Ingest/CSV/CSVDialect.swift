/// The delimiter of a text and whether its first record names the columns, both guessed from its first records.
struct CSVDialect: Equatable {
    var delimiter: UInt8
    var hasHeader: Bool

    static let candidates: [UInt8] = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }
    private static let sampleRecords = 50
    private static let sampleBytes = 256 << 10

    /// - Parameter utf8: valid UTF-8.
    init(sniffing utf8: [UInt8], limits: IngestLimits) {
        let sample = Array(utf8.prefix(Self.sampleBytes))
        var best = (delimiter: Self.candidates[0], score: 0.0, records: [[String]]())
        for delimiter in Self.candidates {
            let records = Self.records(of: sample, delimiter: delimiter, limits: limits)
            let score = Self.score(records)
            if score > best.score || best.records.isEmpty { best = (delimiter, score, records) }
        }
        delimiter = best.delimiter
        hasHeader = Self.looksLikeHeader(best.records)
    }

    private static func records(of sample: [UInt8], delimiter: UInt8, limits: IngestLimits) -> [[String]] {
        var parser = CSVParser(bytes: sample, delimiter: delimiter, limits: limits)
        var records: [[String]] = []
        do throws(IngestError) {
            while records.count < sampleRecords, try parser.next() { records.append(parser.fields) }
        } catch {
            // The error comes again, with its name, when the file itself is read. The columns seen so far count.
            if !parser.fields.isEmpty { records.append(parser.fields) }
        }
        return records
    }

    /// Share of records with the most frequent number of columns, more columns breaking ties. One column: 0.
    private static func score(_ records: [[String]]) -> Double {
        var counts: [Int: Int] = [:]
        for record in records { counts[record.count, default: 0] += 1 }
        guard let mode = counts.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), mode.key > 1 else { return 0 }
        return Double(mode.value) / Double(records.count) + 0.001 * Double(min(mode.key, 200))
    }

    /// Names are texts, all different, hardly any missing; a first record of numbers is data.
    private static func looksLikeHeader(_ records: [[String]]) -> Bool {
        guard let first = records.first else { return true }
        let names = first.map { $0.trimmingWhiteSpace() }
        let filled = names.filter { !$0.isEmpty }
        guard !filled.isEmpty, filled.count * 5 >= names.count * 4, Set(filled).count == filled.count else {
            return false
        }
        return !filled.contains(where: isValue)
    }

    /// Whether a cell is a number, a date, an amount or an address rather than a name.
    private static func isValue(_ cell: String) -> Bool {
        var digits = 0
        var letters = 0
        for scalar in cell.unicodeScalars {
            if scalar.properties.numericType != nil { digits += 1 }
            if scalar.properties.isAlphabetic { letters += 1 }
            if scalar == "@" { return true }
        }
        return digits > 0 && digits >= letters
    }
}
