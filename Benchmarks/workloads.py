#!/usr/bin/env python3
"""Writes the texts of the embedding benchmark: what people ask, what documents are cut into, and a mixture.

    Benchmarks/workloads.py --out FOLDER [--model FOLDER] [--questions 2000] [--passages 1000] [--mixed 1000]

From the prose that Benchmarks/texts.py reads, one text a line, each once, chosen with a fixed seed:
  questions.txt    sentences of about 15 tokens (log-normal, 6 to 64)
  passages.txt     128 to 256 tokens, evenly spread
  mixed.txt        10 to 256 tokens, log-uniform
  calibration.txt  300 more like mixed.txt, for peers that are quantised with sample texts
Tokens are counted by the model's own tokenizer with [CLS] and [SEP]; the tool for that is installed under --work.
The packages of manuals are fetched and unpacked in the folder, not installed.
"""
import argparse
import math
import os
import random
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(HERE, "peers"))

import texts  # noqa: E402
from common import environment  # noqa: E402

SEED = 20_242
TOKENIZERS = "tokenizers==0.23.3"
MODEL = os.path.expanduser("~/.cache/propertypro/models/all-MiniLM-L6-v2")
MANUALS = ("debian-reference-en", "manpages", "manpages-dev", "perl-doc", "postgresql-doc-15", "apache2-doc",
           "gnucash-docs", "libreoffice-help-en-us")
TOKENS_MAX = 256
QUESTION_TOKENS = (6, 64)
QUESTION_MEDIAN, QUESTION_SPREAD = 14, 0.4
QUESTION_POOL = 40_000
PASSAGE_TOKENS = (128, TOKENS_MAX)
MIXED_TOKENS = (10, TOKENS_MAX)
CALIBRATION_COUNT = 300
# A run of sentences is cut at a word, so it may fall short of the length drawn for it.
SHORTFALL_MAX = 8
CHARACTERS_A_TOKEN_MAX = 20


class Counter:
    """Counts and cuts by tokens."""

    def __init__(self, model):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(os.path.join(model, "tokenizer.json"))
        # The file asks for 128 tokens of everything.
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def counts(self, found):
        return [len(encoding.ids) for encoding in self.tokenizer.encode_batch(found)]

    def cut(self, text, tokens, minimum):
        """The words at the start of a text that fill `tokens`; None where the text, or what is left of it, is short."""
        offsets = self.tokenizer.encode(text).offsets
        if len(offsets) < tokens:
            return None
        if len(offsets) > tokens:
            # The last token kept stands before [SEP]; the next one may continue its word.
            end = offsets[tokens - 1][0]
            text = text[:end] if text[end - 1:end].isspace() else text[:end].rpartition(" ")[0]
        text = text.strip()
        count = self.counts([text])[0]
        return text if max(minimum, tokens - SHORTFALL_MAX) <= count <= tokens else None


def documents(folder):
    """Every description and manual as its sentences in their order; the same whatever order they are found in."""
    found = {}
    for block in texts.descriptions(folder):
        sentences = list(texts.sentences(block))
        found["".join(sentences)] = sentences
    for sentences in texts.manual_documents(folder, MANUALS):
        sentences = list(sentences)
        found["".join(sentences)] = sentences
    return [found[key] for key in sorted(found)]


def questions(found, number, counter, generator):
    pool = sorted({sentence for document in found for sentence in document if 20 <= len(sentence) <= 300})
    pool = generator.sample(pool, min(QUESTION_POOL, len(pool)))
    by_count = {}
    for sentence, count in zip(pool, counter.counts(pool)):
        by_count.setdefault(count, []).append(sentence)
    low, high = QUESTION_TOKENS
    chosen = []
    while len(chosen) < number:
        count = round(generator.lognormvariate(math.log(QUESTION_MEDIAN), QUESTION_SPREAD))
        if low <= count <= high and by_count.get(count):
            chosen.append(by_count[count].pop())
        elif not any(by_count.get(count) for count in range(low, high + 1)):
            sys.exit("There are too few sentences for the questions; ask for fewer.")
    return chosen


def pieces(found, number, lengths, draw, counter, used):
    """Beginnings of documents, each of as many tokens as `draw()` says. Takes each document at most once."""
    chosen, tokens = [], draw()
    for sentences in found:
        if len(chosen) == number:
            return chosen
        text = " ".join(sentences)[:tokens * CHARACTERS_A_TOKEN_MAX]
        text = counter.cut(text, tokens, lengths[0])
        # A length waits until a document fills it: most documents are short.
        if text and text not in used:
            used.add(text)
            chosen.append(text)
            tokens = draw()
    if len(chosen) < number:
        sys.exit(f"Only {len(chosen)} texts of the {number} wanted were found; ask for fewer.")
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--passages", type=int, default=1_000)
    parser.add_argument("--mixed", type=int, default=1_000)
    parser.add_argument("--work", default=os.path.join(ROOT, ".build", "peers-embedding"))
    options = parser.parse_args()
    environment.enter(os.path.abspath(options.work))
    environment.install([TOKENIZERS])
    os.makedirs(options.out, exist_ok=True)
    counter, generator = Counter(options.model), random.Random(SEED)
    found = documents(options.out)
    generator.shuffle(found)
    evenly = lambda: generator.randint(*PASSAGE_TOKENS)
    logarithmic = lambda: round(math.exp(generator.uniform(*map(math.log, MIXED_TOKENS))))
    # No document stands in two of the files.
    thirds, used = [found[start::3] for start in range(3)], set()
    made = {"passages": pieces(thirds[0], options.passages, PASSAGE_TOKENS, evenly, counter, used),
            "mixed": pieces(thirds[1], options.mixed, MIXED_TOKENS, logarithmic, counter, used),
            "calibration": pieces(thirds[2], CALIBRATION_COUNT, MIXED_TOKENS, logarithmic, counter, used)}
    made["questions"] = questions(found, options.questions, counter, generator)
    for name, lines in made.items():
        texts.write(os.path.join(options.out, f"{name}.txt"), lines)
        counts = sorted(counter.counts(lines))
        print(f"{name}.txt: {len(lines)} texts, {sum(counts)} tokens, {counts[0]} to {counts[-1]}, "
              f"mean {statistics.mean(counts):.1f}, median {statistics.median(counts):.0f}")


if __name__ == "__main__":
    main()
