#!/usr/bin/env python3
"""Writes broken and hostile documents, one defect each, for the Ingest tests. Standard library only.

    python3 make_corrupt.py           # writes beside this script; the output (about 1 MB) is committed

`expected.tsv` names for each file the outcomes that are right: codes of the API's contract, or `ok`, `needs_ocr`.
Files of many megabytes are made by the tests themselves.
"""
import io
import os
import struct
import zipfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = []


def save(name, data, *outcomes):
    with open(os.path.join(HERE, name), "wb") as file:
        file.write(data)
    EXPECTED.append((name, outcomes))


def pdf(objects, trailer=b""):
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(data, extra=b""):
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def one_page(content, extra=b"", more=()):
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> %s >> >>" % extra, content, FONT, *more])


GOOD = one_page(stream(b"BT /F1 12 Tf 60 700 Td (A page of text that is long enough.) Tj ET"))

W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
BODY = b'<?xml version="1.0" encoding="UTF-8"?><w:document %s><w:body><w:p><w:r><w:t>Some text.</w:t></w:r></w:p></w:body></w:document>' % W


def archive(parts, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        for name, data in parts:
            out.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, method)
    return buffer.getvalue()


def docx(document=BODY, more=()):
    return archive([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", document), *more])


def pdfs():
    save("truncated.pdf", GOOD[:120], "malformed_file")
    save("garbage.pdf", b"%PDF-1.4\n" + bytes(range(1, 256)) * 8, "malformed_file")
    save("header_only.pdf", b"%PDF-1.7\n", "malformed_file")
    save("no_text.pdf", one_page(stream(b"0 0 100 100 re f")), "needs_ocr")
    save("no_pages.pdf", pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]),
         "malformed_file")
    save("page_tree_cycle.pdf", pdf([b"<< /Type /Catalog /Pages 2 0 R >>",
                                     b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"]), "malformed_file")
    save("lying_count.pdf", GOOD.replace(b"/Count 1", b"/Count 9"), "ok", "malformed_file", "needs_ocr")
    save("xref_loop.pdf", pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"],
                              b"/Prev 9").replace(b"/Prev 9", b"/Prev 150"), "malformed_file")
    save("catalog_missing.pdf", pdf([b"<< /Type /Nothing >>"]), "malformed_file")
    # Each form draws the next one ten times: 10 to the power of 12 drawings.
    forms = []
    for level in range(12):
        content = b"/X Do " * 10 if level < 11 else b"BT /F1 8 Tf (x) Tj ET"
        target = b"/XObject << /X %d 0 R >>" % (7 + level) if level < 11 else b""
        forms.append(stream(content, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                                     b"/Resources << /Font << /F1 5 0 R >> %s >>" % target))
    save("form_bomb.pdf", one_page(stream(b"/X Do"), b"/XObject << /X 6 0 R >>", forms), "timeout")
    # A form that draws itself.
    save("form_cycle.pdf", one_page(stream(b"/X Do BT /F1 12 Tf 60 700 Td (Text beside the cycle, long enough.) Tj ET"),
                                    b"/XObject << /X 6 0 R >>",
                                    [stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] "
                                                      b"/Resources << /XObject << /X 6 0 R >> >>")]), "ok")
    # 60 MB of operators behind three layers of compression.
    data = b"q Q " * (15 << 20)
    for _ in range(3):
        data = zlib.compress(data, 9)
    save("flate_chain.pdf", one_page(stream(data, b"/Filter [/FlateDecode /FlateDecode /FlateDecode]")),
         "needs_ocr", "timeout", "malformed_file")
    # Twenty thousand arrays in one another.
    save("deep_objects.pdf", one_page(b"[" * 20_000 + b"]" * 20_000), "needs_ocr", "malformed_file")


def archives():
    save("truncated.docx", docx()[:150], "malformed_file")
    save("no_document.docx", archive([("word/other.xml", b"<a/>")]), "malformed_file")
    save("not_xml.docx", docx(b"this is no XML"), "malformed_file")
    save("unclosed.docx", docx(BODY[:-20]), "malformed_file")
    save("no_text.docx", docx(b"<w:document %s><w:body><w:p/></w:body></w:document>" % W), "empty_text")
    save("entities.docx", docx(
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
        + b"]><w:document %s><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>" % W),
        "malformed_file")
    save("external_entity.docx", docx(
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        b"<w:document %s><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>" % W), "malformed_file")
    save("undeclared_entity.docx", docx(BODY.replace(b"Some", b"&some;")), "malformed_file")
    many = b" ".join(b'a%d="1"' % n for n in range(100_000))
    save("attributes.docx", docx(b"<w:document %s><w:body><w:p %s/></w:body></w:document>" % (W, many)),
         "malformed_file")
    save("deep.docx", docx(b"<w:document %s>" % W + b"<w:p>" * 50_000), "malformed_file", "archive_bomb")
    save("utf16.docx", docx(BODY.decode().replace("UTF-8", "UTF-16").encode("utf-16")), "malformed_file")
    save("bomb.docx", docx(BODY, [("word/media/zeros.bin", bytes(24 << 20))]), "archive_bomb")
    save("bomb_document.docx", docx(BODY + b" " * (8 << 20)), "archive_bomb")
    save("many_entries.docx", docx(BODY, [("word/media/%d" % n, b"") for n in range(5_001)]), "archive_bomb")
    save("traversal.docx", docx(BODY, [("../../../etc/passwd", b"x"), ("/etc/shadow", b"x")]), "ok")
    save("stray_ends.docx", docx(
        b"<w:document %s><w:body><w:tc><w:tr><w:pStyle/><w:numId/></w:tr></w:tc><w:tblHeader/><w:tbl><w:p><w:r><w:t>"
        b"Some text.</w:t></w:r></w:p></w:tbl></w:body></w:document>" % W), "empty_text", "ok")
    # The directory and the local header say 10 bytes; the stream holds 8 MiB.
    real = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = real.compress(BODY + b" " * (8 << 20)) + real.flush()
    name = b"word/document.xml"
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), 10, len(name), 0)
    local = b"PK\x03\x04" + fields + name + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    save("lying_sizes.docx", local + central + end, "archive_bomb", "malformed_file")
    # Both entries share the same bytes.
    twice = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 2, 2, 2 * len(central), len(local), 0)
    save("overlapping.docx", local + central + central + twice, "archive_bomb", "malformed_file")
    save("huge_directory.docx", docx()[:-12] + b"\xff" * 12, "malformed_file")


def names():
    for extension in ("pdf", "docx", "csv"):
        save("empty." + extension, b"", "empty_file")
    save("docx_named.pdf", docx(), "extension_mismatch")
    save("pdf_named.csv", GOOD, "extension_mismatch")
    save("csv_named.docx", b"a,b\n1,2\n", "extension_mismatch")
    save("workbook.xlsx", archive([("xl/workbook.xml", b"<a/>")]), "unsupported_media_type")
    save("workbook_named.docx", archive([("xl/workbook.xml", b"<a/>")]), "unsupported_media_type")
    save("macros.docx", docx(BODY, [("word/vbaProject.bin", b"x")]), "unsupported_media_type")
    save("old_word_named.docx", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504), "unsupported_media_type")
    save("image_named.pdf", b"\x89PNG\r\n\x1a\n" + bytes(64), "unsupported_media_type")
    save("notes.txt", b"just some notes\n", "unsupported_media_type")


def tables():
    save("nul.csv", b"a,b\n1,\x002\n", "unsupported_media_type")
    save("late_nul.csv", b"a,b\n" + b"1,2\n" * 20_000 + b"\0,3\n", "unsupported_media_type")
    save("utf16_without_mark.csv", "a,b\n1,2\n".encode("utf-16-le"), "unsupported_media_type")
    save("binary.csv", bytes(range(1, 256)) * 20, "unsupported_media_type")
    save("header_only.csv", b"name,price\n", "empty_text")
    save("blank.csv", b"\n\n  \n,,\n", "empty_text")
    save("wide.csv", b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "too_many_columns")
    save("open_quote.csv", b'a,b\n1,"2\n3,4\n', "ok")
    save("lone_surrogate.csv", b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8,\x00x\x00\n\x00", "ok")
    save("quotes.csv", b'"a""b","c"d,"e\n""f"""\n1,"x"y,""\n', "ok")


if __name__ == "__main__":
    pdfs()
    archives()
    names()
    tables()
    with open(os.path.join(HERE, "expected.tsv"), "w") as file:
        for name, outcomes in sorted(EXPECTED):
            file.write(name + "\t" + ",".join(outcomes) + "\n")
