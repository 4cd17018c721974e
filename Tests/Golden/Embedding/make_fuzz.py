"""Writes fuzz.txt: what Hugging Face tokenizers makes of 100,000 random texts.

Texts come from a generator that is written twice, here and in Tests/EmbeddingTests/Tokenizer/FuzzTexts.swift: blocks of
100 texts, each block from its own seed. fuzz.txt has one line a block: a digest of the texts and one of their ids and
offsets (in Unicode scalars; special tokens included, nothing cut or padded), 16 hexadecimal digits each.

Usage:  python3 -m venv .venv && .venv/bin/pip install tokenizers==0.23.3
        .venv/bin/python make_fuzz.py MODEL_FOLDER            writes fuzz.txt
        .venv/bin/python make_fuzz.py MODEL_FOLDER --block N  prints the texts of one block with their tokens
"""

import pathlib
import sys

from tokenizers import Tokenizer

BLOCKS, TEXTS_PER_BLOCK = 1_000, 100
MASK = 0xFFFFFFFFFFFFFFFF

LATIN = [(0xC0, 0x24F), (0x1E00, 0x1EFF), (0x61, 0x7A)]
MARKS = [
    (0x300, 0x36F),
    (0x300, 0x36F),
    (0x591, 0x5C7),
    (0x64B, 0x65F),
    (0x93C, 0x94D),
    (0xF71, 0xF84),
    (0x1DC0, 0x1DFF),
    (0x302A, 0x302F),
    (0xFE20, 0xFE2F),
    (0x1D165, 0x1D172),
]
MARK_BASES = [0x61, 0x45, 0xE9, 0x20, 0x915, 0x1D15E, 0x2E, 0xAC00, 0x4E00, 0xAD]
CHINESE = [(0x4E00, 0x9FFF), (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F), (0x3040, 0x30FF)]
HANGUL = [(0xAC00, 0xD7A3), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F)]
EMOJI = [(0x1F300, 0x1FAFF), (0x1F300, 0x1FAFF), (0x1F1E6, 0x1F1FF), (0x1F3FB, 0x1F3FF), (0x200D, 0x200D), (0xFE0F, 0xFE0F), (0x2600, 0x27BF), (0x20E3, 0x20E3)]
ARABIC = [(0x620, 0x64A), (0x620, 0x64A), (0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)]
CONTROLS = [(0x0, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFD), (0xAD, 0xAD), (0xE0001, 0xE007F), (0x61, 0x63)]
PRIVATE = [(0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD), (0x61, 0x63)]
SCRIPTS = [
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x530, 0x5FF),
    (0x900, 0xDFF),
    (0xE00, 0xFFF),
    (0x1000, 0x10FF),
    (0x1200, 0x1CFF),
    (0x1F00, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x214F),
    (0x2C00, 0x2E5F),
    (0x3000, 0x303F),
    (0xA000, 0xABFF),
    (0xFF00, 0xFFEF),
    (0x10000, 0x11FFF),
    (0x1D400, 0x1D7FF),
]
SPACES = [(0x9, 0xD), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]
PUNCTUATION = [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0x2010, 0x2027), (0xA1, 0xBF)]
ADDED = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[mask]", "[MASK", "[[SEP]]", "[ SEP ]", "[SEP][CLS]", "##s", "[unused7]", "[CL\u0301S]", "CLS]"]
GLUE = ["", "", "", " ", " ", " ", " ", "-", "\n", ", ", "'", "\u00a0"]


class Generator:
    """SplitMix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed, vocabulary):
        self.state = seed
        self.vocabulary = vocabulary

    def below(self, count):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % count

    def among(self, ranges, count):
        text = ""
        for _ in range(count):
            low, high = ranges[self.below(len(ranges))]
            text += chr(low + self.below(high - low + 1))
        return text

    def word(self, count):
        style = self.below(8)
        text = ""
        for i in range(count):
            upper = style == 0 or (style == 1 and i == 0) or (style == 2 and self.below(2) == 0)
            text += chr((0x41 if upper else 0x61) + self.below(26))
        return text

    def piece(self):
        return self.vocabulary[self.below(len(self.vocabulary))]

    def glued_pieces(self):
        text = ""
        for _ in range(2 + self.below(3)):
            piece = self.piece()
            text += piece[2:] if piece.startswith("##") else piece
        return text

    def marked(self):
        text = ""
        for _ in range(1 + self.below(3)):
            text += chr(MARK_BASES[self.below(len(MARK_BASES))])
            text += self.among(MARKS, self.below(6))
        return text

    def long_word(self):
        text = self.word(40 + self.below(50))
        if self.below(2) == 0:
            text += self.among(LATIN, self.below(30))
        return text + self.word(10 + self.below(40))

    def scalars(self, limit):
        text = ""
        for _ in range(1 + self.below(6)):
            value = self.below(limit)
            text += chr(value - 0x800 if 0xD800 <= value < 0xE000 else value)
        return text

    def segment(self):
        kind = self.below(32)
        if kind < 4:
            return self.word(1 + self.below(12))
        if kind < 9:
            return self.piece()
        if kind < 12:
            return self.glued_pieces()
        if kind < 14:
            return self.among([(0x30, 0x39)], 1 + self.below(6))
        if kind < 16:
            return self.among(PUNCTUATION, 1 + self.below(3))
        if kind == 16:
            return self.among(LATIN, 1 + self.below(8))
        if kind < 19:
            return self.marked()
        if kind == 19:
            return self.among(CHINESE, 1 + self.below(6))
        if kind == 20:
            return self.among(HANGUL, 1 + self.below(5))
        if kind == 21:
            return self.among(EMOJI, 1 + self.below(6))
        if kind == 22:
            return self.among(ARABIC, 1 + self.below(8))
        if kind == 23:
            return self.among(CONTROLS, 1 + self.below(5))
        if kind == 24:
            return self.among(PRIVATE, 1 + self.below(3))
        if kind == 25:
            return self.long_word() if self.below(4) == 0 else self.word(1)
        if kind < 28:
            return ADDED[self.below(len(ADDED))]
        if kind == 28:
            return self.among(SPACES, 1 + self.below(4))
        if kind == 29:
            return self.among(SCRIPTS, 1 + self.below(6))
        if kind == 30:
            return self.scalars(0x110000 if self.below(2) == 0 else 0x20000)
        return self.scalars(0x80)

    def text(self):
        text = ""
        for i in range(self.below(8)):
            if i > 0:
                text += GLUE[self.below(len(GLUE))]
            text += self.segment()
        return text


def digest(numbers):
    """FNV-1a of 64 bits, number by number instead of byte by byte."""
    state = 0xCBF29CE484222325
    for number in numbers:
        state = (state ^ number) * 0x100000001B3 & MASK
    return state


folder = sys.argv[1]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_truncation()
tokenizer.no_padding()
vocabulary = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]


def block_texts(block):
    generator = Generator(block, vocabulary)
    return [generator.text() for _ in range(TEXTS_PER_BLOCK)]


if sys.argv[2:3] == ["--block"]:
    block = int(sys.argv[3])
    for i, text in enumerate(block_texts(block)):
        encoding = tokenizer.encode(text)
        print(i, ascii(text), list(zip(encoding.ids, encoding.offsets)))
    sys.exit()

with open(pathlib.Path(__file__).parent / "fuzz.txt", "w", encoding="ascii") as out:
    size = 0
    for block in range(BLOCKS):
        texts = block_texts(block)
        size += sum(len(text) for text in texts)
        scalars, tokens = [], []
        for text, encoding in zip(texts, tokenizer.encode_batch(texts)):
            scalars += [len(text)] + [ord(scalar) for scalar in text]
            tokens.append(len(encoding.ids))
            for id, (start, end) in zip(encoding.ids, encoding.offsets):
                tokens += [id, start, end]
        out.write(f"{digest(scalars):016x} {digest(tokens):016x}\n")
print(f"{BLOCKS * TEXTS_PER_BLOCK} texts, {size} scalars")
