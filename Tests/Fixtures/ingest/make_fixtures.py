#!/usr/bin/env python3
"""Writes the small documents that the Ingest tests read. Standard library only; the output is committed.

    python3 make_fixtures.py          # writes beside this script

Every PDF is written by hand, object by object, so that its geometry is known: coordinates below are in points from
the top left corner. Expected texts stand in the tests, worked out from these calls, not from the reader's output.
"""
import hashlib
import os
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
HEIGHT = 842


class PDF:
    """A PDF of pages that hold text in the standard fonts: F1 Helvetica, F2 Helvetica-Bold."""

    def __init__(self):
        self.pages = []

    def page(self):
        self.pages.append([])
        return self

    def text(self, x, y, string, size=10, font="F1"):
        escaped = string.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")
        self.pages[-1].append(
            b"BT /%s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET" % (font.encode(), size, x, HEIGHT - y, escaped))
        return self

    def write(self, name, title=None, encrypt=None):
        encoding = b"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding >>"
        objects = [b"", b""]  # catalog, pages: filled in below
        fonts = []
        for base in (b"Helvetica", b"Helvetica-Bold"):
            objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding %s >>" % (base, encoding))
            fonts.append(len(objects))
        kids = []
        streams = {}
        for content in self.pages:
            objects.append(b"")
            streams[len(objects)] = b"\n".join(content)
            stream = len(objects)
            objects.append(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 %d] /Contents %d 0 R "
                b"/Resources << /Font << /F1 %d 0 R /F2 %d 0 R >> >> >>" % (HEIGHT, stream, *fonts))
            kids.append(len(objects))
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
        objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (
            b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
        trailer = b""
        if title is not None and encrypt is None:
            objects.append(b"<< /Title (%s) >>" % title.encode("latin-1"))
            trailer += b" /Info %d 0 R" % len(objects)
        key = None
        if encrypt is not None:
            key, dictionary, identity = security(*encrypt)
            objects.append(dictionary)
            trailer += b" /Encrypt %d 0 R /ID [<%s> <%s>]" % (len(objects), identity.hex().encode(),
                                                             identity.hex().encode())
        out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(objects, 1):
            offsets.append(len(out))
            if number in streams:
                data = streams[number]
                if key is not None:
                    data = rc4(hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data)
                body = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        for offset in offsets:
            out += b"%010d 00000 n \n" % offset
        out += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (
            len(objects) + 1, trailer, start)
        save(name, bytes(out))


PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def rc4(key, data):
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def security(user, owner):
    """Standard security handler, revision 2 (PDF 1.4 reference, algorithms 3.2 to 3.4): 40-bit RC4."""
    identity = hashlib.md5(b"fixture").digest()
    pad = lambda text: (text + PADDING)[:32]
    owner_entry = rc4(hashlib.md5(pad(owner)).digest()[:5], pad(user))
    permissions = (-64 & 0xFFFFFFFF).to_bytes(4, "little")
    key = hashlib.md5(pad(user) + owner_entry + permissions + identity).digest()[:5]
    user_entry = rc4(key, PADDING)
    dictionary = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -64 >>" % (
        owner_entry.hex().encode(), user_entry.hex().encode())
    return key, dictionary, identity


def save(name, data):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data)


def report():
    """Three pages with a running header and page numbers; headings, a split word, a list, a table with wrapped cells."""
    pdf = PDF()
    for number in (1, 2, 3):
        pdf.page()
        pdf.text(60, 40, "Palm Court Owners Report", 8)
        pdf.text(290, 815, "Page %d of 3" % number, 8)
        if number == 1:
            pdf.text(60, 100, "Annual Owners Report", 20, "F2")
            pdf.text(60, 140, "1. Service charges", 14, "F2")
            pdf.text(60, 165, "The charge for the year is AED 1,200.50 a unit and is paid in quarterly instal-")
            pdf.text(60, 179, "ments. Instalments are due on the first day of each quarter, see Art. 5 of the deed")
            pdf.text(60, 193, "and its annex.")
            pdf.text(60, 225, "\u2022 Lifts are inspected monthly.")
            pdf.text(60, 239, "\u2022 Pools are closed in January.")
        if number == 2:
            pdf.text(60, 100, "2. Budget", 14, "F2")
            # Lines of a cell are 12 apart, rows 20.
            for x, word in ((60, "Item"), (220, "Amount"), (380, "Note")):
                pdf.text(x, 130, word, 10, "F2")
            for y, cells in ((155, ("Cleaning", "AED 90,000", "Fixed price")), (180, ("Security", "AED 240,000", "")),
                             (217, ("Cooling", "AED 410,000", ""))):
                for x, word in zip((60, 220, 380), cells):
                    if word:
                        pdf.text(x, y, word)
            pdf.text(380, 180, "Two guards by day,")
            pdf.text(380, 192, "one by night")
            pdf.text(380, 217, "Metered")
            pdf.text(60, 260, "The owners approved the budget in the general assembly of the first of March and")
            pdf.text(60, 274, "asked for quarterly figures.")
        if number == 3:
            pdf.text(60, 100, "3. Outlook", 14, "F2")
            pdf.text(60, 125, "Repainting follows next year.")
    pdf.write("report.pdf", title="untitled")


def columns():
    """Two columns of running text whose lines do not stand at the same heights, under one heading."""
    pdf = PDF().page()
    pdf.text(60, 80, "District cooling explained", 18, "F2")
    left = ["The plant chills water at night when", "power is cheap and the air is cool and", "stores it in large tanks until the day.",
            "Pumps send it to each tower through", "pipes below the road and back again."]
    right = ["Owners pay a capacity charge for the", "share of the plant held for them and a", "consumption charge by the metered use.",
             "Both are fixed by the regulator once a", "year after a public hearing in autumn."]
    for index, line in enumerate(left):
        pdf.text(60, 120 + 14 * index, line)
    for index, line in enumerate(right):
        pdf.text(320, 127 + 14 * index, line)
    pdf.write("columns.pdf")


def scans():
    pdf = PDF()
    for _ in range(10):
        pdf.page()
    pdf.text(60, 100, "This last page has quite enough text on it.")
    pdf.write("scanned.pdf")
    pdf = PDF()
    pdf.page().text(60, 100, "The first page has enough text to be read.")
    pdf.page()
    pdf.write("half_scanned.pdf")


def passwords():
    for name, user in (("user_password.pdf", b"open sesame"), ("owner_password.pdf", b"")):
        pdf = PDF().page().text(60, 100, "Only the owner may print this page of text.")
        pdf.write(name, encrypt=(user, b"owner"))


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
TYPES = ('<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
         'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
RELATIONSHIPS = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                 'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
                 'relationships/officeDocument" Target="word/document.xml"/></Relationships>')


def docx(name, body, styles=None, core=None):
    with zipfile.ZipFile(os.path.join(HERE, name), "w", zipfile.ZIP_DEFLATED) as archive:
        def add(part, text):
            archive.writestr(zipfile.ZipInfo(part, (2024, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
        add("[Content_Types].xml", TYPES)
        add("_rels/.rels", RELATIONSHIPS)
        add("word/document.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><w:document {W} {MC}><w:body>{body}</w:body></w:document>')
        if styles:
            add("word/styles.xml", f'<?xml version="1.0" encoding="UTF-8"?><w:styles {W}>{styles}</w:styles>')
        if core:
            add("docProps/core.xml", '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
                'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
                f'<dc:title>{core}</dc:title></cp:coreProperties>')


def paragraph(text, style=None, properties=""):
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style}{properties}</w:pPr><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"


def row(cells, header=False):
    marks = "<w:trPr><w:tblHeader/></w:trPr>" if header else ""
    return "<w:tr>" + marks + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


def handbook():
    styles = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Kop1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/>'
        '</w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:basedOn w:val="Kop2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Kop2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Bullets"><w:name w:val="List Bullet"/></w:style>')
    inner = "<w:tbl>" + row([paragraph("inner a"), paragraph("inner b")]) + "</w:tbl>"
    body = (
        paragraph("Agent Handbook", "Titel")
        + paragraph("Viewings", "Kop1")
        + "<w:p><w:r><w:t>Confirm each viewing </w:t></w:r><w:ins w:id=\"1\"><w:r><w:t>twice </w:t></w:r></w:ins>"
          "<w:del w:id=\"2\"><w:r><w:delText>once </w:delText></w:r></w:del><w:r><w:t>a day.</w:t></w:r>"
          "<w:r><w:rPr><w:vanish/></w:rPr><w:t>HIDDEN</w:t></w:r>"
          "<w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t xml:space=\"preserve\"> Bring keys.</w:t></w:r></w:p>"
        + paragraph("Commission", "Clause")
        + paragraph("Two percent &amp; VAT.")
        + paragraph("Sign the form", "Bullets")
        + paragraph("Send the form", None, '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>')
        + "<w:moveFrom w:id=\"3\"><w:r><w:t>moved away</w:t></w:r></w:moveFrom>"
        + "<w:tbl>" + row([paragraph("Area"), paragraph("Fee")], header=True)
        + row([paragraph("Marina") + paragraph("(west)"), paragraph("2 %")])
        + row([paragraph("Deira"), paragraph("see") + inner])
        + "<w:tr><w:trPr><w:del w:id=\"4\"/></w:trPr><w:tc>" + paragraph("gone") + "</w:tc></w:tr></w:tbl>"
        + "<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>Shown once</w:t></mc:Choice><mc:Fallback><w:t>Shown "
          "twice</w:t></mc:Fallback></mc:AlternateContent><w:br/><w:t>second line</w:t></w:r></w:p>"
        + "<w:p><w:pPr><w:rPr><w:del w:id=\"5\"/></w:rPr></w:pPr><w:r><w:t xml:space=\"preserve\">Joined </w:t></w:r>"
          "</w:p><w:p><w:r><w:t>paragraph.</w:t></w:r></w:p>"
        + "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r><w:r>"
          "<w:fldChar w:fldCharType=\"end\"/></w:r></w:p>")
    docx("handbook.docx", body, styles, core="Handbook of the Brokerage")
    docx("plain.docx", paragraph("Heading without styles", "Heading2") + paragraph("Body text."))


def tables():
    save("listings.csv",
         'ref,title,"price, AED",note\r\nL-1,"Villa ""Sidra"" 2",2500000,"two\r\nlines"\r\nL-2,Flat,,\r\n'
         "\r\nL-3,Loft,900000,sea,extra\r\nL-4,Studio\r\n".encode())
    save("semicolons.csv", b"\xef\xbb\xbfname;share\nMarina;0,5\nDeira;0,25\n")
    save("windows1252.csv", "name,fee\nCafé “Nord”,5 €\n".encode("cp1252"))
    save("utf16.csv", "name,town\nليلى,دبي\n".encode("utf-16"))
    save("headless.csv", b"1,2024-01-05,10.5\n2,2024-01-06,11.5\n")


if __name__ == "__main__":
    report()
    columns()
    scans()
    passwords()
    handbook()
    tables()
