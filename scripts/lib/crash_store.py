"""Kills the server at random moments while records of a collection are added, changed and deleted: `scripts/crash --store`.

Every request is one transaction: what was acknowledged must be there after the restart, and of the request that the kill
met either everything or nothing. Now and then `propertypro purge` or `propertypro backup` runs between two lives and is
killed too. `propertypro check` must find nothing, every tenth life and at the end.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from harness import CheckFailed, Server, expect

ROOT = "/api/v2/tenants/default_tenant/databases/default_database/collections"
DIMENSION = 8
LONGEST_LIFE_SECONDS = 0.8  # Counted from the moment the server is ready.
LONGEST_COMMAND_SECONDS = 0.6
LARGEST_BATCH = 20
LARGEST_COLLECTION = 600
CHECK_EVERY = 10
CHECK_SECONDS = 300


class Unanswered(Exception):
    """The kill came first."""


def send(port, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered from error
    finally:
        connection.close()
    expect(response.status in (200, 201), f"POST {path}: {response.status} {text[:300]!r}")
    return json.loads(text or b"null")


class Writer:
    """Makes random requests and keeps what the collection must hold."""

    def __init__(self, draws):
        self.draws, self.records, self.number = draws, {}, 0
        self.acknowledged = 0
        # What the collection holds if the request that the kill met was carried out; None: there was none.
        self.alternative = None
        self.uid = None

    def record(self, key):
        self.number += 1
        # Halves are the same in float32 and in decimal notation.
        vector = [self.draws.randrange(-64, 64) / 2 for _ in range(DIMENSION)]
        return key, (vector, f"text {self.number} of {key} " + "word " * self.draws.randrange(30), {"n": self.number})

    def step(self, port):
        keys = list(self.records)
        kinds = ["add", "upsert"] if len(keys) < 20 else ["add", "upsert", "update", "delete"]
        kind = "delete" if len(keys) > LARGEST_COLLECTION else self.draws.choice(kinds)
        count = self.draws.randint(1, LARGEST_BATCH)
        after = dict(self.records)
        if kind == "delete":
            gone = self.draws.sample(keys, min(len(keys), count * (10 if len(keys) > LARGEST_COLLECTION else 1)))
            body = {"ids": gone}
            for key in gone:
                del after[key]
        else:
            known = self.draws.sample(keys, min(len(keys), count)) if kind != "add" else []
            fresh = [f"k{self.number}-{place}" for place in range(count)] if kind != "update" else []
            chosen = dict(self.record(key) for key in known + fresh)
            after.update(chosen)
            body = {
                "ids": list(chosen), "embeddings": [value[0] for value in chosen.values()],
                "documents": [value[1] for value in chosen.values()],
                "metadatas": [value[2] for value in chosen.values()],
            }
        self.alternative = after
        send(port, f"{ROOT}/{self.uid}/{kind}", body)
        self.records, self.alternative = after, None
        self.acknowledged += 1

    def check(self, port):
        """Compares the collection with what it must hold, by reading and by searching."""
        if self.uid is None:
            self.uid = send(port, ROOT, {"name": "crash", "get_or_create": True})["id"]
        found = send(port, f"{ROOT}/{self.uid}/get", {"include": ["documents", "metadatas", "embeddings"]})
        stored = {
            key: (vector, document, metadata)
            for key, vector, document, metadata in zip(
                found["ids"], found["embeddings"], found["documents"], found["metadatas"])
        }
        if self.alternative is not None and stored == self.alternative:
            self.records = self.alternative
        self.alternative = None
        if stored != self.records:
            wrong = [key for key in stored.keys() | self.records.keys() if stored.get(key) != self.records.get(key)]
            raise CheckFailed(f"{len(wrong)} records are not as acknowledged: {sorted(wrong)[:10]}")
        if not stored:
            return
        key = self.draws.choice(sorted(stored))
        answer = send(port, f"{ROOT}/{self.uid}/query",
                      {"query_embeddings": [stored[key][0]], "n_results": 3, "include": ["distances"]})
        expect(answer["distances"][0][0] == 0, f"a search does not find {key}: {answer}")


def kill_command(server, name, arguments, draws):
    process = subprocess.Popen([server.program, name, *arguments, "--data", server.data], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(draws.uniform(0, LONGEST_COMMAND_SECONDS))
    process.send_signal(signal.SIGKILL)
    process.wait()


def check_command(server):
    run = subprocess.run([server.program, "check", "--data", server.data], capture_output=True, text=True,
                         timeout=CHECK_SECONDS, stdin=subprocess.DEVNULL)
    expect(run.returncode == 0, f"propertypro check ended with {run.returncode}:\n{run.stdout}{run.stderr}")


def run(options, draws):
    os.environ["PROPERTYPRO_CHROMA_OPEN"] = "on"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="propertypro-crash-"))
    server = Server(options.program.resolve(), folder / "data", folder / "server.log")
    writer, failed, begin = Writer(draws), True, time.monotonic()
    backups = 0
    try:
        for kill in range(1, options.kills + 1):
            server.spawn()
            server.wait_ready(60)
            writer.check(server.port)
            timer = time.monotonic() + draws.uniform(0, LONGEST_LIFE_SECONDS)
            killer = subprocess.Popen(
                ["sh", "-c", f"sleep {max(0.0, timer - time.monotonic()):.4f}; kill -9 {server.process.pid}"])
            try:
                while True:
                    writer.step(server.port)
            except Unanswered:
                pass
            killer.wait()
            server.kill()
            if kill % 7 == 0:
                kill_command(server, "purge", [], draws)
            if kill % 11 == 0:
                target = folder / f"backup-{kill}"
                kill_command(server, "backup", [str(target)], draws)
                if target.exists():
                    restored = folder / f"restored-{kill}"
                    subprocess.run([server.program, "restore", str(target), "--data", str(restored)], check=True,
                                   stdout=subprocess.DEVNULL, timeout=CHECK_SECONDS)
                    shutil.rmtree(restored)
                    shutil.rmtree(target)
                    backups += 1
            if kill % CHECK_EVERY == 0:
                check_command(server)
                print(f"kill {kill:4d}/{options.kills}, {writer.acknowledged} requests acknowledged, "
                      f"{len(writer.records)} records", flush=True)
        server.start()
        writer.check(server.port)
        expect(server.stop() == 0, "the last stop did not end with status 0")
        check_command(server)
        expect(writer.acknowledged, "no request was ever acknowledged: the lives were too short")
        failed = False
        print(f"{options.kills} kills, {writer.acknowledged} requests acknowledged, none lost, none half done; "
              f"{backups} backups came in time and were whole; {time.monotonic() - begin:.0f} s")
    except (CheckFailed, OSError, KeyError, subprocess.SubprocessError) as error:
        print(f"\nFAIL (seed {options.seed}): {type(error).__name__}: {error}\n\nThe end of the server's log:\n"
              f"{server.log_tail()}\n")
    finally:
        server.kill()
        if options.keep or failed:
            print(f"data folder and log: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0
