#!/usr/bin/env python3
"""Collections beside ChromaDB: both servers over HTTP with the same requests and records, one after the other in turns.

    Benchmarks/Suites/chroma.py --work FOLDER [--count 50000] [--rounds 3]

Records are sentences of Debian's package descriptions (Benchmarks/texts.py) with vectors by `propertypro embed`, 384
dimensions, and metadata; queries are other sentences. Measured are adding, queries with and without filters, deleting half of
the records, memory, and the time from the start to the first answer. Answers are checked: recall against exact search by
NumPy, counts, and that every hit meets its filter. Requests are bytes that are made before the clock starts, as Chroma's client would send
them, over one connection: the client's own time, 1 to 2 ms a query, is nobody's merit. The table has the medians of the rounds.
Wants a release build; makes a virtual environment with the pinned chromadb.
"""
import argparse
import base64
import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import venv

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, ".build", "release", "propertypro")
PACKAGES = ["chromadb==1.5.9", "numpy", "psutil"]
BATCH = 2_000
QUERIES = 200
FILTERS = {
    "1 %": {"hundredth": 7},
    "10 %": {"tenth": "t3"},
    "50 %": {"number": {"$lt": None}},
    "and": {"$and": [{"tenth": "t3"}, {"number": {"$lt": None}}]},
}


def environment(work):
    folder = os.path.join(work, "environment")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "ready")):
        print("installing chromadb …", file=sys.stderr)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        open(os.path.join(folder, "ready"), "w").close()
    return python


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One of the two servers on a data folder of its own."""

    def __init__(self, name, folder, chroma):
        self.name, self.folder, self.chroma, self.process = name, folder, chroma, None

    def start(self):
        self.port = free_port()
        if self.name == "chroma":
            command, extra = [self.chroma, "run", "--path", self.folder, "--port", str(self.port)], {}
        else:
            command = [PROGRAM, "serve", "--data", self.folder]
            extra = {"PROPERTYPRO_PORT": str(self.port), "PROPERTYPRO_CHROMA_OPEN": "on"}
        self.process = subprocess.Popen(command, env={**os.environ, **extra, "ANONYMIZED_TELEMETRY": "False"},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/heartbeat", timeout=2)
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{self.name} did not start")
                time.sleep(0.005)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def memory(self):
        import psutil
        process = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6


def read_vectors(path, limit):
    import numpy
    with open(path, "rb") as file:
        rows, columns = numpy.frombuffer(file.read(8), dtype="<u4")
        return numpy.frombuffer(file.read(4 * columns * min(limit, rows)), dtype="<f4").reshape(-1, columns)


def metadata(number):
    return {"number": number, "tenth": f"t{number % 10}", "hundredth": number % 100, "half": number / 2}


def meets(number, name, count):
    parts = {"1 %": number % 100 == 7, "10 %": number % 10 == 3, "50 %": number < count // 2}
    parts["and"] = parts["10 %"] and parts["50 %"]
    return parts[name]


def where(name, count):
    return json.loads(json.dumps(FILTERS[name]).replace("null", str(count // 2)))


class Collection:
    """A collection over one connection. Calls give the seconds from the first byte sent to the last one received."""

    HOME = "/api/v2/tenants/default_tenant/databases/default_database/collections"

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.path = None

    def create(self, name):
        body = {"name": name, "metadata": {"hnsw:space": "cosine"}, "get_or_create": True}
        _, made = self.call("POST", self.HOME, json.dumps(body).encode())
        self.path = f"{self.HOME}/{made['id']}"

    def find(self, name):
        self.path = f"{self.HOME}/{self.call('GET', f'{self.HOME}/{name}', None)[1]['id']}"

    def call(self, method, path, body):
        start = time.perf_counter()
        self.connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = self.connection.getresponse()
        data = answer.read()
        seconds = time.perf_counter() - start
        assert answer.status in (200, 201), data
        return seconds, json.loads(data)

    def post(self, operation, body):
        return self.call("POST", f"{self.path}/{operation}", json.dumps(body).encode())

    def count(self):
        return self.call("GET", f"{self.path}/count", None)[1]


class Round:
    """Everything once, on one server."""

    def __init__(self, server, texts, vectors, queries):
        self.server, self.texts, self.vectors, self.queries = server, texts, vectors, queries
        self.figures = {}

    def run(self):
        shutil.rmtree(self.server.folder, ignore_errors=True)
        self.server.start()
        try:
            collection = Collection(self.server.port)
            collection.create("bench")
            self.add(collection)
            self.settle(collection)
            self.figures["memory, MB"] = self.server.memory()
            self.query(collection)
            self.server.stop()
            self.delete(self.cold_start())
        finally:
            self.server.stop()
        return self.figures

    def add(self, collection):
        count, seconds = len(self.texts), 0
        for first in range(0, count, BATCH):
            part = range(first, min(first + BATCH, count))
            seconds += collection.post("add", {
                "ids": [str(n) for n in part], "documents": self.texts[part.start:part.stop],
                "embeddings": [base64.b64encode(self.vectors[n].tobytes()).decode() for n in part],
                "metadatas": [metadata(n) for n in part]})[0]
        self.figures["add, records a second"] = count / seconds
        assert collection.count() == count, collection.count()

    def settle(self, collection):
        """Work goes on behind an answered request: until the server has been idle for three seconds."""
        import psutil
        self.timed(collection, 0)
        process, end = psutil.Process(self.server.process.pid), time.monotonic() + 300
        start = time.monotonic()
        while process.cpu_percent(interval=3) > 10 and time.monotonic() < end:
            pass
        self.figures["until idle, s"] = time.monotonic() - start

    def timed(self, collection, number, **filters):
        seconds, found = collection.post("query", {
            "query_embeddings": [self.queries[number].tolist()], "n_results": 10, "include": ["distances", "documents"],
            **filters})
        return seconds, [int(n) for n in found["ids"][0]]

    def query(self, collection):
        import numpy
        count = len(self.texts)
        scores = self.queries @ self.vectors.T
        for name in [None, *FILTERS]:
            filters = {} if name is None else {"where": where(name, count)}
            allowed = numpy.array([name is None or meets(n, name, count) for n in range(count)])
            times, found, wanted = [], 0, 0
            for number in range(QUERIES):
                seconds, ids = self.timed(collection, number, **filters)
                times.append(seconds)
                assert all(allowed[n] for n in ids), "a hit does not meet the filter"
                truth = numpy.argsort(-numpy.where(allowed, scores[number], -2))[:10]
                wanted += min(10, allowed.sum())
                found += len(set(ids) & set(truth.tolist()))
            label = "query" if name is None else f"query, {name}"
            self.figures[f"{label}, p50 ms"] = 1000 * statistics.median(times)
            self.figures[f"{label}, p95 ms"] = 1000 * sorted(times)[int(0.95 * len(times))]
            self.figures[f"{label}, recall"] = found / wanted

    def cold_start(self):
        start = time.perf_counter()
        self.server.start()
        collection = Collection(self.server.port)
        collection.find("bench")
        _, ids = self.timed(collection, 0)
        self.figures["start to first answer, ms"] = 1000 * (time.perf_counter() - start)
        assert len(ids) == 10
        return collection

    def delete(self, collection):
        count, seconds = len(self.texts), 0
        doomed = [str(n) for n in range(count) if n % 2 == 1]
        for first in range(0, len(doomed), BATCH):
            seconds += collection.post("delete", {"ids": doomed[first:first + BATCH]})[0]
        self.figures["delete, records a second"] = len(doomed) / seconds
        assert collection.count() == count - len(doomed), collection.count()
        _, ids = self.timed(collection, 1)
        assert all(n % 2 == 0 for n in ids), "a deleted record was found"
        self.figures["memory after deleting half, MB"] = self.server.memory()


def measure(options, work):
    with open(os.path.join(options.data, "base.txt")) as file:
        texts = file.read().splitlines()[:options.count]
    vectors = read_vectors(os.path.join(options.data, "base.fbin"), options.count)
    queries = read_vectors(os.path.join(options.data, "queries.fbin"), QUERIES)
    chroma = os.path.join(work, "environment", "bin", "chroma")
    servers = [Server("ours", os.path.join(work, "ours"), chroma), Server("chroma", os.path.join(work, "chroma"), chroma)]
    rounds = {server.name: [] for server in servers}
    for number in range(options.rounds):
        for server in random.Random(number).sample(servers, 2):
            rounds[server.name].append(Round(server, texts, vectors, queries).run())
            print(f"round {number + 1}, {server.name} done", file=sys.stderr)
    print(f"{'':36}{'ours':>12}{'chroma':>12}{'ratio':>9}   {options.count} records, medians of {options.rounds}")
    for name in rounds["ours"][0]:
        ours, theirs = (statistics.median(one[name] for one in rounds[key]) for key in ("ours", "chroma"))
        print(f"{name:36}{ours:12.3f}{theirs:12.3f}{ours / theirs if theirs else 0:9.3f}")
    with open(os.path.join(work, f"chroma-{options.count}.json"), "w") as file:
        json.dump(rounds, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(ROOT, ".build", "collections"))
    parser.add_argument("--data", help="folder with base.txt, base.fbin and queries.fbin (default: made in --work)")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    work = os.path.abspath(options.work)
    os.makedirs(work, exist_ok=True)
    python = environment(work)
    if sys.executable != python:
        os.execv(python, [python, os.path.abspath(__file__), *sys.argv[1:]])
    if not options.data:
        options.data = os.path.join(work, "data")
        os.makedirs(options.data, exist_ok=True)
        if not os.path.exists(os.path.join(options.data, "base.fbin")):
            subprocess.run([sys.executable, os.path.join(ROOT, "Benchmarks", "texts.py"), "--out", options.data, "--base",
                            str(options.count)], check=True)
            for name in ("queries", "base"):
                subprocess.run([PROGRAM, "embed", os.path.join(options.data, name + ".txt"), "--format", "fbin", "--out",
                                os.path.join(options.data, name + ".fbin")], check=True)
    measure(options, work)


main()
