#!/usr/bin/env python3
"""Our encoder beside its peers, from nothing: texts, models, and all of them by turns in one run.

    Benchmarks/Suites/embedding.py --work FOLDER [--rounds 5] [--threads 2,1] [--peers st-float32,ort-int8,…]

Makes the texts (Benchmarks/workloads.py) and makes the peers ready (Benchmarks/peers/embedding.py prepare), both where
they are missing. Then every encoder is loaded once in a process of its own, and in each round each of them takes each
workload in its turn. The tables have the medians of the rounds and the medians of the ratios within a round, ours of a
precision to the peer's of the same. Wants a release build with `propertypro bench embedding`.
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
PEERS = os.path.join(ROOT, "Benchmarks", "peers", "embedding.py")
sys.path.insert(0, os.path.join(ROOT, "Benchmarks", "peers"))

from embedding_peers.child import PARTS, Child, ChildFailed, environment, pinning  # noqa: E402

ALL = ("st-float32", "st-bfloat16", "ort-float32", "ort-int8", "openvino-float32", "openvino-bfloat16", "openvino-int8",
       "openvino-int8-bfloat16", "ctranslate2-float32", "ctranslate2-int8", "tokenizers")
PRECISIONS = ("float32", "bfloat16", "int8")
COLD_STARTS, COLD_STARTS_OF_PEERS = 5, 3


class Encoder:
    """Ours in one precision, or a peer: how it is started, and all that it answered."""

    def __init__(self, name, precision, command, is_ours):
        """`command(threads)` starts it."""
        self.name, self.precision, self.command, self.is_ours = name, precision, command, is_ours
        self.rounds, self.starts, self.agreement, self.failure, self.running = {}, {}, None, None, None

    def start(self, threads, logs):
        return Child(self.command(threads), threads, os.path.join(logs, f"{self.name}-{threads}"),
                     None if self.is_ours else environment(threads))

    def attempt(self, work):
        """Runs a piece of work; an encoder that fails takes no further part."""
        if self.failure is None:
            try:
                return work()
            except (ChildFailed, subprocess.SubprocessError, OSError, KeyError) as problem:
                self.failure = f"{type(problem).__name__}: {problem}" if isinstance(problem, KeyError) else str(problem)
                print(f"  {self.name}: {self.failure}", file=sys.stderr)
                self.stop()
        return None

    def stop(self):
        if self.running is not None:
            self.running.close()
            self.running = None

    def ask(self, threads, number, part, command):
        answer = self.attempt(lambda: self.running.ask(command))
        if answer is not None and number is not None:
            if "seconds" in answer:
                answer["tokens_per_second"] = answer["tokens"] / answer["seconds"]
            self.rounds.setdefault(threads, {}).setdefault(part, {})[number] = answer

    def series(self, threads, part, key):
        """{round: value}"""
        return {number: answer[key] for number, answer in self.rounds.get(threads, {}).get(part, {}).items()}

    def median(self, threads, part, key):
        return statistics.median(self.series(threads, part, key).values()) if self.series(threads, part, key) else None


def run(*command):
    print("$ " + " ".join(os.path.relpath(word) if word.startswith("/") else word for word in command), file=sys.stderr)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def inputs(options):
    """The files of texts, shortened where that is asked for, as arguments."""
    full = os.path.join(options.work, "texts")
    if not os.path.exists(os.path.join(full, "questions.txt")):
        run(sys.executable, os.path.join(ROOT, "Benchmarks", "workloads.py"), "--out", full,
            "--work", options.peers_work)
    wanted = {"questions": options.questions, "passages": options.texts, "mixed": options.texts, "calibration": None}
    folder = os.path.join(options.work, f"texts-{options.questions}-{options.texts}")
    os.makedirs(folder, exist_ok=True)
    for part, count in wanted.items():
        with open(os.path.join(full, part + ".txt"), encoding="utf-8") as file:
            lines = file.readlines()
        with open(os.path.join(folder, part + ".txt"), "w", encoding="utf-8") as file:
            file.writelines(lines[:count])
    return [word for part in PARTS for word in (f"--{part}", os.path.join(folder, part + ".txt"))]


def encoders(options, files, ready):
    found = []
    for precision in options.precisions:
        command = lambda threads, precision=precision: [
            options.program, "bench", "embedding", "--precision", precision, "--workers", str(threads), *files]
        found.append(Encoder(f"ours-{precision}", precision, command, True))
    for name, peer in ready["peers"].items():
        command = lambda threads, commands=peer["commands"]: commands[str(threads)]
        precision = next((word for word in ("int8", "bfloat16", "float32") if word in name), None)
        found.append(Encoder(name, precision, command, False))
    for name, failure in ready["failures"].items():
        found.append(Encoder(name, None, None, False))
        found[-1].failure = failure
    return found


def take_turns(found, threads, options, logs):
    for one in found:
        one.running = one.attempt(lambda: one.start(threads, logs))
    try:
        measured = [one for one in found if one.name != "tokenizers"]
        for one in measured:
            # Peers warm up by themselves.
            for part in PARTS if one.is_ours else ():
                one.ask(threads, None, part, f"questions {options.questions}" if part == "questions" else part)
        for number in range(options.rounds):
            print(f"{plural(threads)}, round {number + 1} of {options.rounds}", file=sys.stderr)
            turns = [one for one in measured if number == 0 or one.name not in options.once]
            # Nobody always comes after the same.
            turns = turns[number % len(turns):] + turns[:number % len(turns)]
            for part in PARTS:
                for one in turns:
                    one.ask(threads, number, part, f"questions {options.questions}" if part == "questions" else part)
            for one in found:
                if one.is_ours:
                    one.ask(threads, number, "loaded", f"loaded {min(500, options.questions)}")
                # The product's tokenizer is the same in each precision; both are compared on one thread.
                tokenizes = one.name == "tokenizers" or one.is_ours and one.precision == options.precisions[-1]
                if threads == 1 and tokenizes:
                    one.ask(threads, number, "tokenizer", "tokenizer")
    finally:
        for one in found:
            one.stop()


def fresh_starts(one, threads, options, logs):
    """Time to the first vector, memory after it, and the peak once the passages are embedded."""
    seconds, resident, peak = [], [], 0
    for number in range(COLD_STARTS_OF_PEERS):
        with one.start(threads, logs) as running:
            seconds.append(running.cold_seconds)
            resident.append(running.memory()[0])
            if number == 0 and one.name != "tokenizers":
                running.ask("passages")
                peak = running.memory()[1]
    if one.is_ours:
        seconds = [embed_one_line(one, threads, options) for _ in range(COLD_STARTS)]
    one.starts[threads] = {"cold_seconds": min(seconds), "resident_mb": min(resident), "peak_mb": peak}


def embed_one_line(one, threads, options):
    """A whole process, from its start to its end, with a file of one text."""
    with tempfile.TemporaryDirectory() as folder:
        text = os.path.join(folder, "one.txt")
        with open(text, "w") as file:
            file.write("How much is the service charge of a flat with two bedrooms near the marina?\n")
        start = time.monotonic()
        subprocess.run([options.program, "embed", text, "--precision", one.precision, "--threads", str(threads),
                        "--format", "fbin", "--out", os.path.join(folder, "one.fbin")],
                       check=True, capture_output=True, preexec_fn=pinning(threads))
        return time.monotonic() - start


def agreement(one, threads, options, reference, logs):
    folder = os.path.join(options.work, "vectors", one.name)
    os.makedirs(folder, exist_ok=True)
    with one.start(threads, logs) as running:
        for part in PARTS:
            running.ask(f"vectors {part} {os.path.join(folder, part + '.fbin')}")
    one.agreement = json.loads(run(sys.executable, PEERS, "agree", "--vectors", folder, "--reference", reference,
                                   "--work", options.peers_work))


def ratio(mine, its, threads, part, key):
    """The median of ours to its within the rounds that both have."""
    if mine is None or its is None:
        return None
    left, right = mine.series(threads, part, key), its.series(threads, part, key)
    return statistics.median(left[number] / right[number] for number in left.keys() & right.keys()) \
        if left.keys() & right.keys() else None


def plural(threads):
    return f"{threads} thread{'s' if threads > 1 else ''}"


def shown(value, form):
    return "-" if value is None else format(value, form)


def table(found, threads):
    ours = {one.precision: one for one in found if one.is_ours}
    print(f"\n{plural(threads)}; in brackets: ours of the same precision to it, within its rounds\n")
    print("| | question p50 / p99 ms | passages tokens/s | mixed tokens/s | cold start s | resident / peak MB "
          "| waited for a core |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for one in found:
        if one.failure or one.name == "tokenizers":
            continue
        mine = None if one.is_ours else ours.get(one.precision)
        cells = []
        for part in PARTS:
            keys, form = (("p50_ms", "p99_ms"), ".2f") if part == "questions" else (("tokens_per_second",), ",.0f")
            cell = " / ".join(shown(one.median(threads, part, key), form) for key in keys)
            ratios = [shown(ratio(mine, one, threads, part, key), ".2f") for key in keys]
            cells.append(cell if mine is None else f"{cell} ({' / '.join(ratios)})")
        starts = one.starts.get(threads, {})
        cells += [shown(starts.get("cold_seconds"), ".3f"),
                  " / ".join(shown(starts.get(key), ".0f") for key in ("resident_mb", "peak_mb")),
                  " / ".join(shown(one.median(threads, part, "waited_share"), ".0%") for part in PARTS)]
        print(f"| {one.name} | " + " | ".join(cells) + " |")
    for one in found:
        speeds = [one.median(threads, "tokenizer", f"{part}_mb_s") for part in ("questions", "passages")]
        if all(speeds):
            print(f"\n{one.name}, tokenizer: {speeds[0]:.2f} MB/s on questions, {speeds[1]:.2f} MB/s on passages")


def agreement_table(found):
    print("\n| | questions: lowest / mean cosine | passages | mixed | same top 10 |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for one in found:
        if one.agreement:
            pairs = [f"{one.agreement[part]['lowest']:.7f} / {one.agreement[part]['mean']:.7f}" for part in PARTS]
            print(f"| {one.name} | " + " | ".join(pairs) + f" | {one.agreement['same_top_10']:.4f} |")


def fastest(found, threads, part, precision):
    """The peer of this precision with the most tokens a second; None where there is none."""
    speeds = {one: one.median(threads, part, "tokens_per_second") for one in found
              if not one.is_ours and not one.failure and one.precision == precision}
    return max((one for one in speeds if speeds[one]), key=speeds.get, default=None)


def bars(found, threads):
    """What the goals are set in: ours to the best peer of its kind, in ratios of this run."""
    named = {one.name: one for one in found if not one.failure}
    lines = []
    for part in ("passages", "mixed"):
        for precision in PRECISIONS:
            peer = fastest(found, threads, part, precision)
            value = ratio(named.get(f"ours-{precision}"), peer, threads, part, "tokens_per_second")
            if value:
                lines.append(f"{part}, {precision}: {value:.2f} x {peer.name}, the fastest {precision} peer")
    for key in ("p50_ms", "p99_ms"):
        value = ratio(named.get("ours-int8"), named.get("ort-int8"), threads, "questions", key)
        if value:
            lines.append(f"question {key[:3]}, int8: {value:.2f} x ort-int8")
    for one in (one for one in found if one.is_ours and not one.failure):
        idle, loaded = one.median(threads, "questions", "p95_ms"), one.median(threads, "loaded", "p95_ms")
        if idle and loaded:
            beside = one.median(threads, "loaded", "tokens_per_second_beside")
            lines.append(f"{one.name}, question p95: {loaded:.2f} ms while passages are embedded ({beside:,.0f} tokens/s), "
                         f"{loaded / idle:.2f} x idle")
        rate = one.median(threads, "passages", "giga_operations_per_second")
        if rate:
            lines.append(f"{one.name}, products of the passages: {rate:,.0f} x 10^9 operations a second; ceilings a core: "
                         "Benchmarks/Suites/product_ceilings.c")
    for part in ("questions", "passages"):
        for one in found:
            peer = named.get("tokenizers") if one.is_ours else None
            value = ratio(one, peer, threads, "tokenizer", f"{part}_mb_s")
            if value:
                lines.append(f"tokenizer, {part}: {value:.1f} x tokenizers")
    if lines:
        print(f"\nRatios, {plural(threads)}:\n")
        print("\n".join("- " + line for line in lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--peers", default=",".join(ALL))
    parser.add_argument("--once", default="st-float32,st-bfloat16", help="slow peers: only in the first round")
    parser.add_argument("--precisions", default=",".join(PRECISIONS), help='ours; "none" for the peers alone')
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument("--texts", type=int, default=1_000, help="of the passages, and of the mixed lengths")
    parser.add_argument("--program", default=PROGRAM)
    parser.add_argument("--peers-work", default=os.path.join(ROOT, ".build", "peers-embedding"))
    parser.add_argument("--retune", action="store_true", help="find the peers' best settings again")
    parser.add_argument("--json", help="where to write every answer")
    options = parser.parse_args()
    options.work, options.peers_work = os.path.abspath(options.work), os.path.abspath(options.peers_work)
    options.precisions = [] if options.precisions == "none" else options.precisions.split(",")
    options.once = options.once.split(",")
    numbers = [int(number) for number in options.threads.split(",")]
    if options.precisions and not os.path.exists(options.program):
        sys.exit("There is no release build; make one with: swift build -c release --product propertypro --static-swift-stdlib")
    logs = os.path.join(options.work, "logs")
    os.makedirs(logs, exist_ok=True)
    files = inputs(options)
    ready = json.loads(run(sys.executable, PEERS, "prepare", *files, "--peers", options.peers, "--threads",
                           options.threads, "--work", options.peers_work, *(["--retune"] if options.retune else [])))
    found = encoders(options, files, ready)
    for threads in numbers:
        take_turns(found, threads, options, logs)
        for one in found:
            one.attempt(lambda: fresh_starts(one, threads, options, logs))
    for one in found:
        if one.name != "tokenizers" and ready["reference"]:
            one.attempt(lambda: agreement(one, numbers[0], options, ready["reference"], logs))
    if options.json:
        with open(options.json, "w") as file:
            json.dump([{"encoder": one.name, "rounds": one.rounds, "starts": one.starts, "agreement": one.agreement,
                        "failure": one.failure} for one in found], file, indent=1)
    print(f"{options.questions} questions, {options.texts} passages, {options.texts} of mixed length; "
          f"medians of {options.rounds} rounds; text in, unit vectors out")
    for threads in numbers:
        table(found, threads)
        bars(found, threads)
    agreement_table(found)
    for one in found:
        if one.failure:
            print(f"\nNot measured: {one.name}: {one.failure}")


if __name__ == "__main__":
    main()
