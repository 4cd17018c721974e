/// One section of a report as people read it.
struct ReportTable {
    let title: String
    /// The first row names the columns; none for a section of notes alone.
    var rows: [[String]] = []
    var notes: [String] = []
}

/// A result that can be shown to people; programs get its `Encodable` form.
protocol ReportSection: Encodable {
    var table: ReportTable { get }
}

extension Output {
    static func show(_ section: any ReportSection) {
        let table = section.table
        line(table.title)
        if !table.rows.isEmpty { Output.table(table.rows) }
        for note in table.notes { line(note) }
        line()
    }
}
