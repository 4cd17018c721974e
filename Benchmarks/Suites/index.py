#!/usr/bin/env python3
"""The vector index beside its peers, from nothing: texts, embeddings, truth, our index, theirs, one table.

    Benchmarks/Suites/index.py --work FOLDER [--count 100000] [--rounds 5] [--peers hnswlib,symphonyqg,…]

Texts are sentences of Debian's package descriptions (Benchmarks/texts.py), embedded by `propertypro embed`; 2,000 of them
are the queries. Builds what is not there yet and keeps it in FOLDER. The comparison takes turns, our search and then each
peer's, `--rounds` times; the table has the medians of the rounds and the ratios within a round. Wants a release build.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, ".build", "release", "propertypro")
PEERS = os.path.join(ROOT, "Benchmarks", "peers", "index.py")
TARGETS = ("0.95", "0.99")


def run(*command, capture=False):
    print("$ " + " ".join(os.path.relpath(word) if word.startswith("/") else word for word in command), file=sys.stderr)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE if capture else None, text=True)
    return done.stdout


class Data:
    """The files of one size of base, made where they are missing."""

    def __init__(self, work, count):
        self.work, self.count = work, count
        self.base, self.queries = self.path("base.fbin"), self.path("queries.fbin")
        self.truth = self.path(f"truth-{count}.ibin")

    def path(self, name):
        return os.path.join(self.work, name)

    def make(self):
        os.makedirs(self.work, exist_ok=True)
        if not os.path.exists(self.base):
            run(sys.executable, os.path.join(ROOT, "Benchmarks", "texts.py"), "--out", self.work,
                "--base", str(max(self.count, 200_000)))
            for name in ("queries", "base"):
                run(PROGRAM, "embed", self.path(f"{name}.txt"), "--precision", "float32", "--format", "fbin", "--out",
                    self.path(f"{name}.fbin"))
        with open(self.base, "rb") as file:
            found = int.from_bytes(file.read(4), "little")
        if found < self.count:
            sys.exit(f"{self.base} holds {found} vectors; use another --work folder for {self.count}")
        if not os.path.exists(self.truth):
            run(sys.executable, PEERS, "truth", *self.inputs(), "--out", self.truth, "--work", self.path("peers"))

    def inputs(self):
        return ["--base", self.base, "--queries", self.queries, "--limit", str(self.count)]


def ours(data, options, parts, passes, name="ours", index=None):
    out = run(PROGRAM, "bench", "index", *data.inputs(), "--truth", data.truth, "--rows", options.rows,
              "--parts", parts, "--passes", str(passes), *(["--index", index] if index else []), "--json", capture=True)
    with open(data.path(f"{name}.json"), "w") as file:
        file.write(out)
    return json.loads(out)


def our_speed(result, target):
    for line in result["curve"]["targets"]:
        if abs(line["recall"] - float(target)) < 1e-9:
            return line.get("queries_per_cpu_second")
    return None


def peer_speed(peer, target):
    """Queries a second of processor time, the faster of the peer's own loop and one call a query, interpolated as ours."""
    found = (peer.get("search") or {}).get("at", {}).get(target) or {}
    speeds = [form["qps_of_cpu_time"] for form in (found.get("batch"), found.get("one")) if form]
    return max(speeds, default=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", default="float16")
    parser.add_argument("--peers", default="hnswlib,symphonyqg,symphonyqg-8bit,faiss-flat,faiss-sq8,usearch,svs,chromadb")
    parser.add_argument("--paired", default="hnswlib,symphonyqg,symphonyqg-8bit",
                        help="the peers that take turns with ours")
    options = parser.parse_args()
    if not os.path.exists(PROGRAM):
        sys.exit("There is no release build; make one with: swift build -c release --product propertypro --static-swift-stdlib")
    data = Data(os.path.abspath(options.work), options.count)
    data.make()
    compiler = shutil.which("cc")
    if compiler:
        program = data.path("ceilings")
        run(compiler, "-O3", "-march=native", os.path.join(ROOT, "Benchmarks", "Suites", "ceilings.c"), "-o", program)
        print("ceilings: " + run(program, capture=True).strip())

    index = data.path(f"ours-{options.count}-{options.rows}.hnsw")
    whole = ours(data, options, "curve,batch,exact,filter,open,replace,insert", 3, name="ours-whole")
    ours(data, options, "curve", 1, name="ours-saved", index=index)
    common = [sys.executable, PEERS, *data.inputs(), "--truth", data.truth, "--work", data.path("peers")]
    run(*common, "--peers", options.peers, "--json", data.path("peers.json"))

    if not set(options.paired.split(",")) <= set(options.peers.split(",")):
        sys.exit("--paired must name peers of --peers")
    rounds = []
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        mine = ours(data, options, "curve", 3, name=f"ours-{number}", index=index)
        theirs = data.path(f"peers-{number}.json")
        run(*common, "--peers", options.paired, "--only-search", "--changes", "none", "--json", theirs, capture=True)
        with open(theirs) as file:
            rounds.append((mine, {peer["name"]: peer for peer in json.load(file)["peers"]}))
    show(whole, rounds, options)


def show(whole, rounds, options):
    print(f"\n{options.count} vectors, rows {options.rows}, medians of {len(rounds)} rounds, one thread, queries a second of CPU time\n")
    print("| | " + " | ".join(f"q/s at {t} | ours / it" for t in TARGETS) + " |")
    print("| --- |" + " ---: | ---: |" * len(TARGETS))
    mine = [[our_speed(round[0], t) for round in rounds] for t in TARGETS]
    print("| ours | " + " | ".join(f"{statistics.median(speeds):,.0f} |" if all(speeds) else "never |"
                                   for speeds in mine) + " |")
    for name in options.paired.split(","):
        cells = []
        for number, target in enumerate(TARGETS):
            speeds = [peer_speed(round[1][name], target) for round in rounds]
            if not all(speeds) or not all(mine[number]):
                cells.append("never | ")
                continue
            ratios = [own / its for own, its in zip(mine[number], speeds)]
            cells.append(f"{statistics.median(speeds):,.0f} | {statistics.median(ratios):.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")
    build = whole.get("build") or {}
    print(f"\nour build: {json.dumps(build)[:600]}")


if __name__ == "__main__":
    main()
