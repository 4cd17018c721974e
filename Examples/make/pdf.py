"""A small PDF writer: A4 pages, the built-in Helvetica fonts, headings, paragraphs, lists and ruled tables.

It writes no dates and no random ids, so the same content always gives the same bytes.
"""

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 64
TITLE, HEADING, BODY, FOOTER = 22, 15, 10.5, 8.5

# Advance widths of Helvetica for the characters 32 to 126, in thousandths of the font size (the font's public metrics).
_WIDTHS = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
]
_BOLD_FACTOR = 1.08


def text_width(text, size, bold=False):
    units = sum(_WIDTHS[ord(character) - 32] if 32 <= ord(character) <= 126 else 556 for character in text)
    return units * size / 1000 * (_BOLD_FACTOR if bold else 1)


def wrap(text, size, width, bold=False):
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and text_width(longer, size, bold) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return lines + [line] if line else lines


def _escape(text):
    encoded = text.encode("cp1252")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").decode("latin-1")


class PDF:
    """Add content from top to bottom; a block that does not fit starts the next page."""

    def __init__(self, title, publisher):
        self.title, self.publisher = title, publisher
        self.pages = []
        self.new_page()

    def new_page(self):
        self.pages.append([])
        self.y = PAGE_HEIGHT - MARGIN

    def _need(self, height):
        if self.y - height < MARGIN + 10:
            self.new_page()

    def _text(self, x, y, text, size, bold=False):
        font = "F2" if bold else "F1"
        self.pages[-1].append(f"BT /{font} {size:g} Tf {x:.2f} {y:.2f} Td ({_escape(text)}) Tj ET")

    def _rule(self, x1, y1, x2, y2):
        self.pages[-1].append(f"0.5 w {x1:.2f} {y1:.2f} m {x2:.2f} {y2:.2f} l S")

    def _lines(self, lines, size, bold=False, x=MARGIN, after=6.0):
        leading = size * 1.38
        for line in lines:
            self._need(leading)
            self.y -= leading
            self._text(x, self.y, line, size, bold)
        self.y -= after

    def heading(self, text, size=HEADING):
        self._need(size * 1.4 + 44)  # Never the last line of a page.
        self.y -= 8
        self._lines(wrap(text, size, PAGE_WIDTH - 2 * MARGIN, bold=True), size, bold=True, after=4)

    def cover_title(self, text, subtitle):
        self._lines(wrap(text, TITLE, PAGE_WIDTH - 2 * MARGIN, bold=True), TITLE, bold=True, after=2)
        self._lines([subtitle], BODY, after=10)

    def paragraph(self, text):
        lines = wrap(text, BODY, PAGE_WIDTH - 2 * MARGIN)
        self._need(len(lines) * BODY * 1.38)
        self._lines(lines, BODY)

    def items(self, texts, numbered=False):
        for number, text in enumerate(texts, 1):
            lines = wrap(text, BODY, PAGE_WIDTH - 2 * MARGIN - 18)
            self._need(len(lines) * BODY * 1.38)
            self._text(MARGIN, self.y - BODY * 1.38, f"{number}." if numbered else "\u2022", BODY)
            self._lines(lines, BODY, x=MARGIN + 18, after=3)
        self.y -= 4

    def table(self, header, rows, widths):
        """Columns share the text width in proportion to `widths`; the table stays on one page."""
        scale = (PAGE_WIDTH - 2 * MARGIN) / sum(widths)
        edges = [MARGIN]
        for width in widths:
            edges.append(edges[-1] + width * scale)
        row_height = BODY * 1.9
        self._need((len(rows) + 1) * row_height + 8)
        top = self.y
        for position, row in enumerate([header] + rows):
            base = top - position * row_height
            self._rule(edges[0], base, edges[-1], base)
            for column, cell in enumerate(row):
                self._text(edges[column] + 5, base - row_height * 0.68, cell, BODY, bold=position == 0)
        self.y = top - (len(rows) + 1) * row_height
        self._rule(edges[0], self.y, edges[-1], self.y)
        for edge in edges:
            self._rule(edge, top, edge, self.y)
        self.y -= 12

    def bytes(self):
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R /Lang (en) >>",
            b"",  # The page tree, once the numbers of the pages are known.
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
            f"<< /Title ({_escape(self.title)}) /Author ({_escape(self.publisher)}) >>".encode("latin-1"),
        ]
        kids = []
        for number, operators in enumerate(self.pages, 1):
            footer = f"{self.publisher} | {self.title} | Page {number} of {len(self.pages)}"
            footer_operator = f"BT /F1 {FOOTER:g} Tf {MARGIN} 36 Td ({_escape(footer)}) Tj ET"
            content = "\n".join(operators + [footer_operator]).encode("latin-1")
            objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] /Contents {len(objects)} 0 R "
                "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
            )
            kids.append(f"{len(objects)} 0 R")
        objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()

        out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        for offset in offsets:
            out += b"%010d 00000 n \n" % offset
        out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
        return bytes(out)
