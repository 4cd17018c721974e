#!/usr/bin/env python3
"""Writes the texts of the vector benchmark: sentences of the package descriptions that Debian ships.

    Benchmarks/texts.py --out FOLDER [--base 200000] [--queries 2000]

Reads the English translations of the configured apt sources, into lists of its own: neither root nor a change to the
machine is needed. Sentences of 30 characters and more and the one-line summaries, each distinct text once, in an order
shuffled with a fixed seed: base.txt and queries.txt never share a text.
"""
import argparse
import os
import random
import re
import subprocess
import sys

SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")
MINIMUM_CHARACTERS = 30
SEED = 20241


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


def texts(folder):
    seen = {}
    for block in descriptions(folder):
        for sentence in sentences(block):
            if len(sentence) >= MINIMUM_CHARACTERS:
                seen.setdefault(sentence)
    return sorted(seen)


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--base", type=int, default=200_000)
    arguments.add_argument("--queries", type=int, default=2_000)
    options = arguments.parse_args()
    os.makedirs(options.out, exist_ok=True)
    found = texts(options.out)
    wanted = options.base + options.queries
    if len(found) < wanted:
        sys.exit(f"Found {len(found)} distinct texts, {wanted} are needed: ask for fewer with --base, "
                 "or add a suite to the apt sources.")
    random.Random(SEED).shuffle(found)
    write(os.path.join(options.out, "queries.txt"), found[:options.queries])
    write(os.path.join(options.out, "base.txt"), found[options.queries:wanted])
    print(f"{len(found)} distinct texts; {options.base} to base.txt, {options.queries} to queries.txt")


if __name__ == "__main__":
    main()
