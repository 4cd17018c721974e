"""Writes Sources/Embedding/Tokenizer/UnicodeData.swift.

The reference tokenizer carries Unicode tables of its own (categories and decompositions of an older Unicode
than the toolchain's), and token ids must never depend on the toolchain. So every scalar is put through the
reference and the answers are written down as ranges.

Usage:  python3 -m venv .venv && .venv/bin/pip install tokenizers==0.23.3
        .venv/bin/python Tests/Golden/Embedding/make_unicode_data.py Sources/Embedding/Tokenizer/UnicodeData.swift
"""

import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

HANGUL = range(0xAC00, 0xD7A4)


def bert(**chosen):
    settings = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**settings, **chosen})


clean, strip, lower = bert(clean_text=True), bert(strip_accents=True), bert(lowercase=True)
nfd, split = normalizers.NFD(), pre_tokenizers.BertPreTokenizer()

removed, whitespace, ideographs, punctuation, lowercase = [], [], [], [], {}
decomposed, stripped, marks = {}, {}, []
chinese = bert(handle_chinese_chars=True)
for value in range(0x110000):
    if 0xD800 <= value < 0xE000:
        continue
    c = chr(value)
    cleaned = clean.normalize_str(c)
    assert cleaned in ("", " ", c)
    if cleaned == "":
        removed.append(value)
    if chinese.normalize_str(c) != c:
        ideographs.append(value)
    pieces = [piece for piece, _ in split.pre_tokenize_str("a" + c + "b")]
    if pieces == ["a", "b"]:
        whitespace.append(value)
    elif pieces == ["a", c, "b"]:
        punctuation.append(value)
    else:
        assert pieces == ["a" + c + "b"]
    small = lower.normalize_str(c)
    if small != c:
        if value == 0x130:  # the only one with two scalars; TextNormalizer knows it
            assert small == "i\u0307"
        else:
            assert len(small) == 1
            lowercase[value] = ord(small)
    parts, kept = nfd.normalize_str(c), strip.normalize_str(c)
    if value not in HANGUL and parts != c:
        decomposed[value], stripped[value] = parts, kept
    if kept == "":
        marks.append(value)

# Nonstarters: scalars that the reference's NFD moves. Their classes are stable across Unicode versions.
low, high = "\u0334", "\u0345"  # classes 1 and 240
mark_set = set(marks)


def moves(c):
    return nfd.normalize_str(c + low) != c + low or nfd.normalize_str(high + c) != high + c


starter_marks, other_marks, kept_nonstarters = [], [], []
for value in range(0x300, 0x110000):
    if 0xD800 <= value < 0xE000 or value in HANGUL:
        continue
    c = chr(value)
    first = decomposed.get(value, c)[0]
    if value in mark_set:
        if moves(first):
            other_marks.append((value, unicodedata.combining(first)))
        else:
            starter_marks.append(value)
    elif value not in decomposed and moves(c):
        assert unicodedata.combining(c) != 0
        kept_nonstarters.append((value, unicodedata.combining(c)))
for value, parts in decomposed.items():
    # A dropped first scalar must not be a nonstarter when others stay: the alignment rule relies on it.
    assert not stripped[value] or parts[0] == stripped[value][0] or not moves(parts[0])


def ranges(values):
    out = []
    for value in values:
        if out and out[-1][1] == value - 1:
            out[-1][1] = value
        else:
            out.append([value, value])
    return [number for pair in out for number in pair]


def class_runs(pairs):
    out = []
    for value, ccc in pairs:
        if out and out[-1][1] == value - 1 and out[-1][2] == ccc:
            out[-1][1] = value
        else:
            out.append([value, value, ccc])
    return [number for run in out for number in run]


def lowercase_runs():
    out = []
    for value in sorted(lowercase):
        delta = lowercase[value] - value
        if out and out[-1][3] == delta:
            run = out[-1]
            step = value - run[1]
            if step <= 2 and (run[0] == run[1] or step == run[2]):
                run[1], run[2] = value, step
                continue
        out.append([value, value, 1, delta])
    return [number for run in out for number in run]


def rows(numbers, form):
    lines, line = [], "       "
    for number in numbers:
        text = " " + form(number) + ","
        if len(line) + len(text) > 118:
            lines.append(line)
            line = "       "
        line += text
    return "\n".join(lines + [line])


def table(name, kind, comment, numbers, form=hex):
    return f"    /// {comment}\n    static let {name}: [{kind}] = [\n{rows(numbers, form)}\n    ]\n"


decompositions = []
for value in sorted(stripped):
    if stripped[value]:
        decompositions += [value | len(stripped[value]) << 24] + [ord(c) for c in stripped[value]]

version = tokenizers.__version__
text = f"""/// What the reference tokenizer (Hugging Face tokenizers {version}) does with every Unicode scalar.
///
/// Written by Tests/Golden/Embedding/make_unicode_data.py from the reference itself; do not edit by hand.
/// The reference's categories follow an older Unicode than the toolchain's, and token ids must not change
/// with the toolchain. Ranges are pairs of first and last scalar value, ascending.
enum UnicodeData {{
"""
text += table(
    "removed", "UInt32", "Dropped by text cleaning: controls, formats, private use, U+0000, U+FFFD.", ranges(removed)
)
text += "\n" + table("whitespace", "UInt32", "Separates words.", ranges(whitespace))
text += "\n" + table(
    "ideographs", "UInt32", "Each a word of its own when Chinese characters are isolated.", ranges(ideographs)
)
text += "\n" + table("punctuation", "UInt32", "Each a word of its own.", ranges(punctuation))
text += "\n" + table(
    "starterMarks",
    "UInt32",
    "Nonspacing marks of combining class 0: dropped with accents, end a run of combining marks.",
    ranges(starter_marks),
)
text += "\n" + table(
    "nonstarterMarks",
    "UInt32",
    "Nonspacing marks of other combining classes, dropped with accents: first, last, combining class.",
    class_runs(other_marks),
)
text += "\n" + table(
    "keptNonstarters",
    "UInt32",
    "Not dropped, but put in canonical order: first, last, combining class.",
    class_runs(kept_nonstarters),
)
text += "\n" + table(
    "lowercase",
    "Int32",
    "First, last, stride, difference to the lower-case scalar. U+0130 is not among them.",
    lowercase_runs(),
    str,
)
text += "\n" + table(
    "decompositions",
    "UInt32",
    "Canonical decomposition without nonspacing marks: scalar | count << 24, then the scalars. Without Hangul.",
    decompositions,
)
text += "}\n"
open(sys.argv[1], "w", encoding="utf-8").write(text)
print(len(starter_marks), len(other_marks), len(kept_nonstarters), len(decompositions))
