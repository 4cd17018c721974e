"""Writes the golden files of the embedding tests from independent implementations.

  lines.bin    10,000 texts: count, then for each its UTF-8 length and bytes (all numbers little-endian uint32)
  tokens.bin   per line a 64-bit FNV-1a hash over ids and offsets of the whole text (Hugging Face tokenizers, no
               truncation, special tokens included); then for the first FULL lines count, ids and offsets
  vectors.bin  count and dimension; per vector the number of its line; then the float32 vectors
               (sentence-transformers on torch, float32, window 256)

Texts come from a seeded generator: realistic property prose, package descriptions of the Debian machine it runs on
(`apt-cache dumpavail`), words in many scripts, random scalars, controls, very long words, pathological marks.

Usage:  python3 -m venv .venv && .venv/bin/pip install sentence-transformers==6.2.0 tokenizers==0.23.3
        .venv/bin/python make_golden.py MODEL_FOLDER
"""

import pathlib
import random
import struct
import subprocess
import sys

from tokenizers import Tokenizer

SEED, LINES, FULL, VECTORS = 20_260_401, 10_000, 300, 200
HERE = pathlib.Path(__file__).parent
folder = sys.argv[1]
random = random.Random(SEED)

AREAS = [
    "the harbour front",
    "Dubai Marina",
    "Al Barsha",
    "Saint-Germain-des-Prés",
    "Neukölln",
    "São Conrado",
    "Łódź",
    "Ørestad",
    "the old town",
    "Business Bay",
    "Ñuñoa",
    "Palm Jumeirah",
    "Kraków-Podgórze",
    "Çeşme",
    "Zürich West",
]
KINDS = [
    "studio",
    "penthouse",
    "villa",
    "two-bedroom flat",
    "townhouse",
    "warehouse",
    "plot of land",
    "duplex",
    "off-plan unit",
    "furnished apartment",
    "office floor",
    "maisonette",
    "Bürogebäude",
    "appartement de caractère",
]
NOTES = [
    "service charge {n} AED per sq.ft. per year",
    "vacant on transfer",
    "ROI of {n}.{m}% net",
    "rented until 20{m:02d}",
    "price on application",
    "reduced by {n}%",
    "€{n},{m:03d} per month + VAT",
    "freehold (99-year lease available)",
    "viewing by appointment only",
    "{n} m² net, {m} m² terrace",
    "EPC rating B–C",
    "no agents, please!",
    "DLD fee 4% + AED {n}",
    "handover in Q{q} 20{m:02d}",
    "the café downstairs closes at 23:{m:02d}",
    "mortgage pre-approval required",
    "façade renovated in 20{m:02d}",
    "ground-floor unit n°{n}",
    "£{n}k–£{m}k",
]
SENTENCES = [
    "The {kind} in {area} has been on the market for {n} days; {note}.",
    "{note}. Contact us about this {kind} near {area}…",
    "Buyer asks: is the {kind} (ref. PP-{n}/{m}) in {area} still available? {note}",
    "Q: What's the asking price? A: {note}, negotiable — it's a {kind}.",
    "Clause {q}.{n}: the landlord shall, within {n} days, repair the {kind} at {area}; {note}.",
]
SCRIPTS = [
    (0x620, 0x64A),
    (0x4E00, 0x4FFF),
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0xAC00, 0xAFFF),
    (0x410, 0x44F),
    (0x391, 0x3C9),
    (0x905, 0x939),
    (0xE01, 0xE2E),
    (0x5D0, 0x5EA),
    (0xC0, 0x17F),
    (0x1E00, 0x1EFF),
    (0x1F600, 0x1F64F),
    (0x2010, 0x206F),
    (0xFF01, 0xFF5E),
    (0x300, 0x36F),
    (0x64B, 0x65F),
    (0xF900, 0xFA6D),
    (0x1D400, 0x1D7FF),
    (0x20000, 0x20200),
    (0x2F800, 0x2FA1D),
    (0x1100, 0x11FF),
    (0xE0, 0xFF),
    (0x10A0, 0x10FF),
]
MARKS = "\u0301\u0327\u0344\u302e\u302f\U0001d165\U0001d16d\U0001d15e\u0941\u09cb\u0cc0\u0f73\u093c\u05b0\u064b\u1dfb"
ARABIC = [
    "شقة للبيع في دبي مارينا",
    "فيلا فاخرة بثلاث غرف نوم",
    "رسوم الخدمة السنوية",
    "مُؤَجَّرَة حتى نهاية السنة",
    "عقد الإيجار",
]
OTHERS = [
    "海景公寓出售，三室两厅",
    "東京都港区の賃貸マンション",
    "서울 강남구 아파트 매매",
    "Квартира в центре Москвы, ремонт ЁЙ",
    "ΟΔΟΣ ΣΟΦΙΑΣ ΤΕΛΟΣ",
    "दिल्ली में फ्लैट बिक्री के लिए",
    "ห้องชุดพร้อมเฟอร์นิเจอร์",
    "İstanbul'da DAİRE ılık",
    "דירה להשכרה בתל אביב",
    "🏠🔑 sold!! 👨‍👩‍👧‍👦 👍🏽",
    "naïve Ａｐａｒｔｍｅｎｔ №５ ﬁne ½ ㎡",
    "Ǆ ǅ ẞ ß ŉ ſ K Å Ω",
]


def fill(text):
    values = dict(
        n=random.randrange(1, 999),
        m=random.randrange(100),
        q=random.randrange(1, 5),
        area=random.choice(AREAS),
        kind=random.choice(KINDS),
    )
    return text.format(**values, note=random.choice(NOTES).format(**values))


def prose():
    text = fill(random.choice(SENTENCES))
    return text.upper() if random.random() < 0.05 else text


def script_words():
    words = []
    for _ in range(random.randrange(1, 7)):
        low, high = random.choice(SCRIPTS)
        words.append("".join(chr(random.randint(low, high)) for _ in range(random.randrange(1, 6))))
    return random.choice([" ", "", "-", "\u00a0", "\u3000"]).join(words)


def scalars():
    out = []
    for _ in range(random.randrange(1, 14)):
        value = random.choice(
            [random.randrange(0x80), random.randrange(0x3000), random.randrange(0x20000), random.randrange(0x110000)]
        )
        if not 0xD800 <= value < 0xE000:
            out.append(chr(value))
    return "".join(out)


def marks():
    return "".join(
        random.choice(["a", "é", " ", "क", "\u00ad", "[", ""])
        + "".join(random.choice(MARKS) for _ in range(random.randrange(6)))
        for _ in range(random.randrange(1, 6))
    )


def noise():
    controls = [
        "\x00",
        "\t",
        "\r\n",
        "\x1f",
        "\x7f",
        "\x85",
        "\u200b",
        "\u200d",
        "\ufeff",
        "\ufffd",
        "\u2028",
        "\u00ad",
        "\ue000",
    ]
    text = list(random.choice([prose, script_words])()[:60])
    for _ in range(random.randrange(1, 8)):
        text.insert(random.randrange(len(text) + 1), random.choice(controls))
    return "".join(text)


def specials():
    token = random.choice(
        ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[mask]", "[ SEP ]", "[[SEP]", "[SEP", "##ing", "[unused1]"]
    )
    text = random.choice(["sold", "é\u0301", "", "price ", "家"])
    return text + token + random.choice(["", " ", "now", "[SEP]", "."]) + token[: random.randrange(7)]


def long_words():
    word = "".join(random.choice("abcdefghijklmnopqrstuvwxyzé") for _ in range(random.randrange(90, 112)))
    return random.choice(["", "the "]) + word + random.choice(["", ".", " flat"])


available = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
descriptions = [
    line.split(": ", 1)[1] for line in available.splitlines() if line.startswith(("Description: ", "Description-en: "))
]
descriptions = sorted(set(descriptions))
assert len(descriptions) > 1000, "run apt-get update first"

lines = [
    "",
    " ",
    "\t\r\n",
    "a",
    "[CLS]",
    "\u0301",
    "é",
    "e\u0301",
    "\U0001d165\U0001d16d",
    "漢字",
    "don't",
    "...",
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "é" * 101,
    "\u00ad" * 120 + "ab",
    "word " * 300,
    "a" * 10_000,
    "漢" * 3_000,
    "\u0301" * 3_000 + "a",
    "!" * 2_000,
]
lines += ARABIC + OTHERS
lines += [" ".join(prose() for _ in range(count)) for count in [2, 3, 5, 8, 10, 12, 14, 18, 20, 24, 30] * 3]
kinds = [prose] * 5 + [script_words] * 3 + [scalars] * 3 + [noise, noise, marks, marks, specials, long_words]
while len(lines) < LINES:
    pick = random.random()
    if pick < 0.3:
        lines.append(random.choice(descriptions)[:90])
    else:
        lines.append(random.choice(kinds)())
lines = [line.encode("utf-8", "ignore").decode() for line in lines[:LINES]]

with open(HERE / "lines.bin", "wb") as out:
    out.write(struct.pack("<I", len(lines)))
    for line in lines:
        data = line.encode()
        out.write(struct.pack("<I", len(data)) + data)

tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.no_truncation()
tokenizer.no_padding()


def fnv(values):
    state = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(values)}I", *values):
        state = (state ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return state


with open(HERE / "tokens.bin", "wb") as out:
    encodings = [tokenizer.encode(line) for line in lines]
    flat = [[n for i, (a, b) in zip(e.ids, e.offsets) for n in (i, a, b)] for e in encodings]
    out.write(struct.pack("<II", LINES, FULL))
    for numbers in flat:
        out.write(struct.pack("<Q", fnv(numbers)))
    chosen = [i for i in range(LINES) if len(flat[i]) < 300][:FULL]
    for i in chosen:
        out.write(struct.pack("<II", i, len(flat[i]) // 3) + struct.pack(f"<{len(flat[i])}I", *flat[i]))

if "--tokens-only" not in sys.argv:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(folder, device="cpu")
    assert model.max_seq_length == 256
    chosen = list(range(72)) + random.sample(range(72, LINES), VECTORS - 72)
    vectors = model.encode([lines[i] for i in chosen], batch_size=16, normalize_embeddings=True).astype("<f4")
    with open(HERE / "vectors.bin", "wb") as out:
        out.write(struct.pack("<II", *vectors.shape) + struct.pack(f"<{len(chosen)}I", *chosen) + vectors.tobytes())
for name in ("lines", "tokens", "vectors"):
    print(name, (HERE / f"{name}.bin").stat().st_size)
