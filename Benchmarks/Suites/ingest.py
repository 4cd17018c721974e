#!/usr/bin/env python3
"""Our ingestion of a folder of documents beside a Python stack's: by turns in one run.

    Benchmarks/Suites/ingest.py --documents DIR [--rounds 1] [--backends ort,st] [--json OUT]

`propertypro ingest` and Benchmarks/peers/ingest.py (pypdf, python-docx, csv, recursive chunks, Chroma with its default
function on onnxruntime, or with sentence-transformers) read the same files into an empty folder each time. Times are of
whole processes, from the start to all being searchable. Wants a release build.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, ".build", "release", "propertypro")
BASELINE = os.path.join(ROOT, "Benchmarks", "peers", "ingest.py")


def timed(command, ok=(0,)):
    """Standard output, and the seconds of the whole process."""
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seconds = time.monotonic() - start
    if done.returncode not in ok:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return done.stdout, seconds


def ours(options):
    with tempfile.TemporaryDirectory() as data:
        precision = ["--precision", options.precision] if options.precision else []
        # It ends with 1 where a file cannot be used.
        out, seconds = timed([options.program, "ingest", options.documents, "--data", os.path.join(data, "data"),
                              "--json", *precision], ok=(0, 1))
    report = json.loads(out)
    ready = [file for file in report["files"] if file["state"] == "ready"]
    return {"seconds": seconds, "files": len(ready), "chunks": report["passages"],
            "peak_mb": (report["peak_bytes"] + report["worker_peak_bytes"]) / 1e6}


def baseline(backend, options):
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.json")
        _, seconds = timed([sys.executable, BASELINE, "--documents", options.documents, "--backend", backend, "--data",
                            os.path.join(folder, "data"), "--work", options.peers_work, "--json", result])
        with open(result) as file:
            found = json.load(file)
    return {**found, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--backends", default="ort,st")
    parser.add_argument("--precision", help="ours; default: the program's")
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("--peers-work", default=os.path.join(ROOT, ".build", "peers-embedding"))
    parser.add_argument("--json", help="where to write every result")
    options = parser.parse_args()
    if not os.path.exists(options.program):
        sys.exit("There is no release build; make one with: swift build -c release --product propertypro --static-swift-stdlib")
    backends = options.backends.split(",")
    timed([sys.executable, BASELINE, "--prepare", "--work", options.peers_work])
    rounds = []
    for number in range(options.rounds):
        found = {}
        for name in ("ours", *backends):
            found[name] = ours(options) if name == "ours" else baseline(name, options)
            print(f"round {number + 1} of {options.rounds}, {name}: {found[name]['seconds']:.1f} s", file=sys.stderr)
        rounds.append(found)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rounds, file, indent=1)
    show(rounds, backends)


def show(rounds, backends):
    print(f"{rounds[0]['ours']['files']} files ready, medians of {len(rounds)} rounds\n")
    print("| | seconds | its time to ours | chunks | start, read, split, embed, store s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in ("ours", *backends):
        seconds = statistics.median(found[name]["seconds"] for found in rounds)
        ratio = statistics.median(found[name]["seconds"] / found["ours"]["seconds"] for found in rounds)
        first = rounds[0][name]
        stages = ", ".join(f"{value:.1f}" for value in first["stages"].values()) if "stages" in first else "-"
        peak = max(found[name]["peak_mb"] for found in rounds)
        print(f"| {name} | {seconds:.1f} | {ratio:.2f} | {first['chunks']} | {stages} | {peak:.0f} |")
    for name in backends:
        for failure in rounds[0][name]["failed"]:
            print(f"\n{name} could not read {failure}")


if __name__ == "__main__":
    main()
