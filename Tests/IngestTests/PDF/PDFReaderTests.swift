import Testing

@testable import Ingest

@Suite struct PDFReaderTests {
    /// Worked out from the drawing calls in make_fixtures.py: header, footer and page numbers are set apart, the split
    /// word is whole, the wrapped cell is one, ligatures of the bullet font aside nothing is lost.
    @Test func reportIsReadAsMeant() throws {
        let document = try Extractor().extract(path: Support.fixture("report.pdf"))
        #expect(
            Support.lines(of: document) == [
                "h1: Annual Owners Report",
                "h2: 1. Service charges",
                "p: The charge for the year is AED 1,200.50 a unit and is paid in quarterly instalments. Instalments "
                    + "are due on the first day of each quarter, see Art. 5 of the deed and its annex.",
                "li: • Lifts are inspected monthly.",
                "li: • Pools are closed in January.",
                "h2: 2. Budget",
                "th: Item | Amount | Note",
                "tr: Cleaning | AED 90,000 | Fixed price",
                "tr: Security | AED 240,000 | Two guards by day, one by night",
                "tr: Cooling | AED 410,000 | Metered",
                "p: The owners approved the budget in the general assembly of the first of March and asked for "
                    + "quarterly figures.",
                "h2: 3. Outlook",
                "p: Repainting follows next year.",
            ])
        Support.checkInvariants(document)
        #expect(document.title == "Annual Owners Report" && document.pageCount == 3 && document.warnings.isEmpty)
        #expect(document.blocks.map(\.page) == [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3])
    }

    @Test func boxesLieWhereTheTextWasDrawn() throws {
        let document = try Extractor().extract(path: Support.fixture("report.pdf"))
        let heading = try #require(document.blocks.first?.box)
        // Drawn at x 60 with its base line 100 points below the top, 20 points high.
        #expect(abs(heading.x - 60) < 2 && heading.y < 100 && heading.bottom > 98 && heading.height < 30)
        let wrapped = try #require(document.blocks[8].box)
        #expect(wrapped.y < 180 && wrapped.bottom > 190 && abs(wrapped.x - 60) < 2 && wrapped.right > 440)
    }

    @Test func columnsAreReadOneAfterTheOther() throws {
        let document = try Extractor().extract(path: Support.fixture("columns.pdf"))
        #expect(
            Support.lines(of: document) == [
                "h1: District cooling explained",
                "p: The plant chills water at night when power is cheap and the air is cool and stores it in large "
                    + "tanks until the day. Pumps send it to each tower through pipes below the road and back again.",
                "p: Owners pay a capacity charge for the share of the plant held for them and a consumption charge by "
                    + "the metered use. Both are fixed by the regulator once a year after a public hearing in autumn.",
            ])
    }

    @Test func pagesWithoutText() throws {
        let scanned = try Extractor().extract(path: Support.fixture("scanned.pdf"))
        #expect(scanned.state == .needsOCR && scanned.pageCount == 10 && scanned.pages.count == 10)
        #expect(scanned.pages.last?.characters == 35)
        let half = try Extractor().extract(path: Support.fixture("half_scanned.pdf"))
        #expect(half.state == .text && half.warnings.map(\.kind) == [.pagesWithoutText])
    }

    @Test func passwords() throws {
        #expect(code { _ = try Extractor().extract(path: Support.fixture("user_password.pdf")) } == "encrypted")
        let document = try Extractor().extract(path: Support.fixture("owner_password.pdf"))
        #expect(document.text == "Only the owner may print this page of text.")
    }

    @Test func ceilings() {
        var limits = IngestLimits.standard
        limits.maximumPages = 2
        #expect(
            code { _ = try Extractor(limits: limits).extract(path: Support.fixture("report.pdf")) } == "too_many_pages")
        limits = .standard
        limits.maximumCharacters = 100
        #expect(
            code { _ = try Extractor(limits: limits).extract(path: Support.fixture("report.pdf")) } == "too_much_text")
    }
}

@Suite struct PDFPartsTests {
    private func fragment(_ text: String, x: Double, y: Double, size: Double = 10, order: Int = 0) -> Fragment {
        Fragment(
            text: text,
            box: PageBox(x: x, y: y, width: Double(text.unicodeScalars.count) * size / 2, height: size * 1.2),
            size: size, weight: .regular, scalarCount: text.unicodeScalars.count, order: order)
    }

    @Test func glyphsBecomeText() {
        var view = String.UnicodeScalarView()
        for scalar in "o\u{FB03}ce\u{AD} \u{F0B7}\u{200B}\u{1}".unicodeScalars { GlyphText.append(scalar, to: &view) }
        #expect(String(view) == "office •")
        #expect(GlyphText.tidied("Contents ........ 7") == "Contents … 7")
        #expect(GlyphText.tidied("Contents . . . . . . 7") == "Contents … 7")
        #expect(GlyphText.tidied("the fee . It is 1.5 .") == "the fee. It is 1.5.")
        #expect(GlyphText.tidied("at .5 percent") == "at .5 percent")
    }

    /// Real reports print the number of a note directly behind an amount: "AED 67.88" must not become "AED 67.886".
    @Test func referenceMarksAreLeftOut() {
        let row = PageRow(fragments: [
            fragment("Charge AED 67.88", x: 0, y: 0), fragment("6", x: 80, y: -1, size: 6, order: 1),
            fragment(". It rose.", x: 83, y: 0, order: 2),
        ])
        #expect(row.cells.map(\.text) == ["Charge AED 67.88. It rose."])
        let area = PageRow(fragments: [fragment("90 m", x: 0, y: 0), fragment("2", x: 20, y: -1, size: 6, order: 1)])
        #expect(area.cells.map(\.text) == ["90 m 2"])
    }

    @Test func listMarks() {
        for mark in ["•", "-", "1.", "12)", "(a)", "iv.", "B."] { #expect(ListMarker.isMarker(mark), "\(mark)") }
        for text in ["AED.", "1", "1.5", "()", ".", "no."] { #expect(!ListMarker.isMarker(text), "\(text)") }
        #expect(ListMarker.begins("1. Offer") && ListMarker.begins("1.Newspaper ads") && ListMarker.begins("• x"))
        #expect(!ListMarker.begins("1.5 million") && !ListMarker.begins("Law No. 7") && !ListMarker.begins("-"))
    }

    @Test func linesAreDealtOutToNumberedRows() throws {
        func box(_ y: Double) -> PageBox { PageBox(x: 0, y: y, width: 50, height: 10) }
        // Three rows of 1, 3 and 2 lines, 15 points apart throughout, numbers centred.
        let lines = [0.0, 15, 30, 45, 60, 75].map(box)
        let centred = try #require(
            CellGrouping.groups(lines, anchors: [0.0, 30, 67.5].map(box), isCentred: true))
        #expect(centred.anchorOfLine == [0, 1, 1, 1, 2, 2] && centred.cost < 0.01)
        let top = try #require(CellGrouping.groups(lines, anchors: [0.0, 15, 60].map(box), isCentred: false))
        #expect(top.anchorOfLine == [0, 1, 1, 1, 2, 2])
        // A row without a line in this column stays empty.
        let gap = try #require(
            CellGrouping.groups([0.0, 60].map(box), anchors: [0.0, 30, 60].map(box), isCentred: true))
        #expect(gap.anchorOfLine == [0, 2])
    }

    @Test func splitWords() {
        var vocabulary = Vocabulary()
        vocabulary.add("The construction is rent-to-own for family oriented homes")
        #expect(vocabulary.join("under con-", "struction now") == "under construction now")
        #expect(vocabulary.join("the family-", "oriented quarter") == "the family-oriented quarter")
        #expect(vocabulary.join("from 2005-", "2011") == "from 2005- 2011")
        #expect(vocabulary.join("end of line", ". Next") == "end of line. Next")
    }

    @Test func pageNumbers() {
        for text in ["12", "- 12 -", "Page 3 of 80", "xiv", "3 / 80"] {
            #expect(PageFurniture.isPageNumber(text), "\(text)")
        }
        for text in ["AED 12", "Page", "1 2 3", "March 12", ""] {
            #expect(!PageFurniture.isPageNumber(text), "\(text)")
        }
    }

    @Test func titlesThatSayNothing() {
        #expect(DocumentTitle.usable("  Market \n Report ") == "Market Report")
        for title in ["untitled", "PowerPoint Presentation", "offer_final.docx", "12", "", "(anonymous)"] {
            #expect(DocumentTitle.usable(title) == nil, "\(title)")
        }
        #expect(DocumentTitle.usable("Microsoft Word - Lease terms") == "Lease terms")
    }
}
