"""A small DOCX writer: headings, paragraphs, bulleted and numbered lists, tables. The same content gives the same bytes."""

import io
import zipfile
from xml.sax.saxutils import escape

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_CONTENT_TYPES = _XML + (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>'
    '<Override PartName="/word/numbering.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>'
    "</Types>"
)
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = _XML + (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS = _XML + (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_RELATIONS}/numbering" Target="numbering.xml"/></Relationships>'
)


def _style(identifier, name, size, bold, outline=None):
    level = "" if outline is None else f'<w:pPr><w:keepNext/><w:outlineLvl w:val="{outline}"/></w:pPr>'
    weight = "<w:b/>" if bold else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/>{level}'
        f'<w:rPr>{weight}<w:sz w:val="{size}"/></w:rPr></w:style>'
    )


_STYLES = _XML + f"<w:styles {_W}>" + "".join([
    _style("Normal", "Normal", 22, False),
    _style("Title", "Title", 40, True),
    _style("Heading1", "heading 1", 32, True, 0),
    _style("Heading2", "heading 2", 26, True, 1),
    _style("ListParagraph", "List Paragraph", 22, False),
]) + "</w:styles>"

_BULLETS, _NUMBERS = 1, 2


def _numbering(lists):
    def definition(identifier, kind, text):
        return (
            f'<w:abstractNum w:abstractNumId="{identifier}"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            f'<w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl></w:abstractNum>'
        )
    # Each numbered list is an instance of its own, so that it starts at 1 again.
    instances = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{kind}"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        for number, kind in enumerate(lists, 1)
    )
    return (
        _XML + f"<w:numbering {_W}>" + definition(_BULLETS, "bullet", "\u2022")
        + definition(_NUMBERS, "decimal", "%1.") + instances + "</w:numbering>"
    )


class DOCX:
    def __init__(self):
        self.body, self.lists = [], []

    def _paragraph(self, text, style, properties="", bold=False):
        weight = "<w:rPr><w:b/></w:rPr>" if bold else ""
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>'
            f'<w:r>{weight}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'
        )

    def title(self, text):
        self.body.append(self._paragraph(text, "Title"))

    def heading(self, text, level=1):
        self.body.append(self._paragraph(text, f"Heading{level}"))

    def paragraph(self, text):
        self.body.append(self._paragraph(text, "Normal"))

    def items(self, texts, numbered=False):
        self.lists.append(_NUMBERS if numbered else _BULLETS)
        place = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{len(self.lists)}"/></w:numPr>'
        self.body.extend(self._paragraph(text, "ListParagraph", place) for text in texts)

    def table(self, header, rows):
        border = "".join(
            f'<w:{side} w:val="single" w:sz="4"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        out = f"<w:tbl><w:tblPr><w:tblBorders>{border}</w:tblBorders></w:tblPr><w:tblGrid>"
        out += '<w:gridCol w:w="2400"/>' * len(header) + "</w:tblGrid>"
        for position, row in enumerate([header] + rows):
            mark = "<w:trPr><w:tblHeader/></w:trPr>" if position == 0 else ""
            cells = "".join(
                f'<w:tc><w:tcPr><w:tcW w:w="2400" w:type="dxa"/></w:tcPr>'
                f"{self._paragraph(cell, 'Normal', bold=position == 0)}</w:tc>"
                for cell in row
            )
            out += f"<w:tr>{mark}{cells}</w:tr>"
        self.body.append(out + "</w:tbl>")

    def bytes(self):
        document = _XML + f'<w:document {_W}><w:body>{"".join(self.body)}<w:sectPr/></w:body></w:document>'
        parts = {
            "[Content_Types].xml": _CONTENT_TYPES,
            "_rels/.rels": _PACKAGE_RELATIONS,
            "word/document.xml": document,
            "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
            "word/styles.xml": _STYLES,
            "word/numbering.xml": _numbering(self.lists),
        }
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            for name, text in parts.items():
                # Stored, with one fixed date: compressors differ between versions, and clocks always do.
                archive.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_STORED)
        return sink.getvalue()
