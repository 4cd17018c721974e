/// One line of running text.
struct TextLine {
    var text: String
    var box: PageBox
    var size: Double
    var weight: FontWeight
    var order: Int

    init(_ cell: Cell) {
        text = GlyphText.tidied(cell.text)
        box = cell.box
        size = cell.size
        weight = cell.weight
        order = cell.order
    }
}
