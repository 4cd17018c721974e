#!/usr/bin/env python3
"""Writes the texts of the vector benchmark: sentences of the package descriptions that Debian ships.

    Benchmarks/texts.py --out FOLDER [--base 200000] [--queries 2000] [--manuals]

Reads the English translations of the configured apt sources, into lists of its own: neither root nor a change to the
machine is needed. Sentences of 30 characters and more and the one-line summaries, each distinct text once, in an order
shuffled with a fixed seed: base.txt and queries.txt never share a text. With --manuals also the sentences of the manuals
and dictionaries in MANUALS, about a million more; the packages are fetched and unpacked in the folder, not installed.
"""
import argparse
import glob
import gzip
import html
import itertools
import os
import random
import re
import subprocess
import sys

SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")
MINIMUM_CHARACTERS = 30
SEED = 20241
MANUALS = ("linux-doc-6.1", "openjdk-17-doc", "postgresql-doc-15", "python3.11-doc", "qtbase5-doc-html",
           "libboost1.81-doc", "dict-gcide", "dict-wn", "debian-reference-en", "apache2-doc", "gnucash-docs",
           "perl-doc", "manpages", "manpages-dev", "libreoffice-help-en-us", "vim-doc", "maxima-doc", "r-doc-html",
           "octave-doc", "inkscape-tutorials")
MARKUP = re.compile(r"<(script|style|pre|head)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
# Where a text ends whatever its punctuation.
BLOCK = re.compile(r"</?(p|div|li|dd|dt|td|th|tr|h[1-6]|br|ul|ol|dl|table|section|blockquote)\b[^>]*>", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
LETTERS = re.compile(r"[A-Za-z]{2,}")
MAXIMUM_CHARACTERS = 600


def apt_options(folder):
    lists, cache = os.path.join(folder, "lists"), os.path.join(folder, "cache")
    os.makedirs(os.path.join(lists, "partial"), exist_ok=True)
    os.makedirs(cache, exist_ok=True)
    return ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={cache}", "-o", "Acquire::Languages=en",
            "-o", "Debug::NoLocking=true", "-o", "APT::Sandbox::User="]


def descriptions(folder):
    options = apt_options(folder)
    subprocess.run(["apt-get", *options, "update", "-qq"], check=True)
    targets = subprocess.run(
        ["apt-get", *options, "indextargets", "--format", "$(FILENAME)", "Created-By: Translations"],
        check=True, capture_output=True, text=True).stdout.split()
    for target in sorted(targets):
        text = subprocess.run(["/usr/lib/apt/apt-helper", *options, "cat-file", target],
                              check=True, capture_output=True).stdout.decode("utf-8")
        yield from text.split("\n\n")


def sentences(block):
    package, current = "", []
    for line in block.split("\n"):
        if line.startswith("Package: "):
            package = line[9:].strip()
        elif line.startswith("Description-en:"):
            yield f"{package}: {line[15:].strip()}"
        elif line.startswith(" "):
            text = line.strip()
            if text != ".":
                current.append(text)
                continue
            yield from SENTENCE_END.split(" ".join(current))
            current = []
    yield from SENTENCE_END.split(" ".join(current))


def manuals(folder):
    """Sentences of the HTML pages and dictionaries of packages."""
    return itertools.chain.from_iterable(manual_documents(folder, MANUALS))


def manual_documents(folder, packages):
    """The sentences of each page, manual and dictionary of packages, in their order."""
    options = apt_options(folder)
    for package in packages:
        place = os.path.join(folder, "manuals", package)
        if not os.path.isdir(place):
            os.makedirs(place + ".new", exist_ok=True)
            done = subprocess.run(["apt-get", *options, "download", package], cwd=place + ".new",
                                  capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{package} is left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
                continue
            (archive,) = glob.glob(os.path.join(place + ".new", "*.deb"))
            subprocess.run(["dpkg-deb", "-x", archive, place + ".new"], check=True)
            os.rename(place + ".new", place)
        for path in sorted(glob.glob(os.path.join(place, "**", "*"), recursive=True)):
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            if path.endswith((".html", ".htm", ".html.gz")):
                yield page(read(path))
            elif path.endswith(".dict.dz"):
                # Entries of a dictionary stand apart by their indentation.
                yield (sentence for entry in re.split(r"\n(?=\S)", read(path)) for sentence in clean(entry))
            elif re.search(r"/man[1-8]/[^/]*\.gz$", path):
                yield (sentence for block in read(path).split("\n.")
                       for sentence in clean(re.sub(r"\\f[BIRP]|\\&|\\", "", block)))


def read(path):
    opened = gzip.open(path) if path.endswith((".gz", ".dz")) else open(path, "rb")
    with opened as file:
        return file.read().decode("utf-8", errors="replace")


def page(text):
    for block in BLOCK.split(MARKUP.sub(" ", text)):
        yield from clean(html.unescape(TAG.sub("", block)))


def clean(text):
    for sentence in SENTENCE_END.split(" ".join(text.split())):
        if len(sentence) <= MAXIMUM_CHARACTERS and len(LETTERS.findall(sentence)) >= 4:
            yield sentence


def texts(folder, with_manuals):
    found = (sentence for block in descriptions(folder) for sentence in sentences(block))
    if with_manuals:
        found = itertools.chain(found, manuals(folder))
    return sorted({sentence for sentence in found if len(sentence) >= MINIMUM_CHARACTERS})


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--base", type=int, default=200_000)
    arguments.add_argument("--queries", type=int, default=2_000)
    arguments.add_argument("--manuals", action="store_true")
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    found = texts(options.out, options.manuals)
    wanted = options.base + options.queries
    if len(found) < wanted:
        sys.exit(f"Found {len(found)} distinct texts, {wanted} are needed: ask for fewer with --base, "
                 "add --manuals, or add a suite to the apt sources.")
    random.Random(SEED).shuffle(found)
    write(os.path.join(options.out, "queries.txt"), found[:options.queries])
    write(os.path.join(options.out, "base.txt"), found[options.queries:wanted])
    print(f"{len(found)} distinct texts; {options.base} to base.txt, {options.queries} to queries.txt")


if __name__ == "__main__":
    main()
