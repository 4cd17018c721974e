#!/usr/bin/env python3
"""Walks the main job over HTTP against a server of its own, with an empty data folder. scripts/test --smoke runs it.

    scripts/smoke.py [--program .build/release/propertypro] [--examples Examples] [--keep]
"""

import argparse
import json
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import uuid

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

from harness import CheckFailed, Client, Server, expect, expect_problem, sha256  # noqa: E402

NEW_PASSWORD = "quiet-lantern-over-the-harbour-42"
SUFFIXES = (".pdf", ".docx", ".csv")
INGEST_SECONDS = 300
POLL_SECONDS = 0.2
DOCUMENT_LIMIT_BYTES = 25 * 1024 * 1024
HUGE_BYTES = 100 * 1000 * 1000
# One question about each format, and one that nothing in the examples answers.
ASKED = ("E01", "E04", "E07")
UNANSWERABLE = "E10"

STEPS = []


def step(name):
    def register(function):
        STEPS.append((name, function))
        return function
    return register


class Walk:
    """What the steps hand on to each other."""

    def __init__(self, server, examples):
        self.server = server
        self.files = {path.name: path.read_bytes() for path in sorted(examples.iterdir()) if path.suffix in SUFFIXES}
        with (examples / "questions.jsonl").open(encoding="utf-8") as lines:
            self.questions = {question["id"]: question for question in map(json.loads, lines)}
        self.client = None
        self.email = None
        self.password = None
        self.refresh_token = None
        self.documents = {}
        self.answers = {}

    @property
    def anonymous(self):
        return Client(self.server.base)

    def wait_for_job(self, job):
        deadline = time.monotonic() + INGEST_SECONDS
        while time.monotonic() < deadline:
            response = self.client.call("GET", f"/jobs/{job}")
            state = response.json
            expect(0 <= state["progress"]["percent"] <= 100, "progress.percent must be 0 to 100", response)
            if state["status"] in ("completed", "failed", "cancelled"):
                return response
            time.sleep(POLL_SECONDS)
        raise CheckFailed(f"job {job} did not end within {INGEST_SECONDS} s", response)

    def ask(self, question, **more):
        return self.client.call("POST", "/ai/assist", {"question": question, **more})


# --- start and sign-in ----------------------------------------------------------------------------------------------


@step("starts with an empty folder and prints the administrator once")
def start(walk):
    walk.server.start()
    walk.email = walk.server.line("Administrator: ")
    walk.password = walk.server.line("One-time password: ")
    expect(walk.email == "admin@propertypro.local", f"the printed administrator is {walk.email}")
    expect(walk.password, "no line 'One-time password: …' was printed")
    expect(walk.server.base == f"http://127.0.0.1:{walk.server.port}/api/v1", f"it serves {walk.server.base}")


@step("health answers without a token")
def health(walk):
    response = walk.anonymous.call("GET", "/health")
    expect(response.json["status"] == "ok", "health is not ok", response)
    expect(response.json["uptime_s"] >= 0 and response.json["version"], "version and uptime_s are missing", response)
    expect(response.headers.get("X-Request-Id"), "X-Request-Id is missing", response)


@step("openapi.json is served and names what is walked here")
def openapi(walk):
    response = walk.anonymous.call("GET", "/openapi.json")
    contract = response.json
    expect(contract["openapi"].startswith("3.1"), "not an OpenAPI 3.1 document", response)
    for path in ("/auth/login", "/documents/upload", "/jobs/{job_id}", "/ai/assist", "/health/details"):
        expect(path in contract["paths"], f"{path} is missing from openapi.json")


@step("no token, a wrong token and a wrong password are refused")
def refused(walk):
    expect_problem(walk.anonymous.send("GET", "/documents"), 401, "unauthenticated")
    expect_problem(Client(walk.server.base, "not.a.token").send("GET", "/auth/me"), 401, "unauthenticated")
    wrong = json.dumps({"email": walk.email, "password": "wrong-" + walk.password}).encode()
    expect_problem(walk.anonymous.send("POST", "/auth/login", wrong, "application/json"), 401, "invalid_credentials")
    expect_problem(walk.anonymous.send("POST", "/auth/login", b'{"email":', "application/json"), 400, "invalid_json")
    expect_problem(walk.anonymous.send("POST", "/auth/login", b"{}", "application/json"), 422, "validation_failed")


@step("signs in with the one-time password, which must be changed first")
def one_time_password(walk):
    walk.client = walk.anonymous
    pair = walk.client.login(walk.email, walk.password)
    expect(pair["token_type"] == "Bearer" and pair["expires_in"] > 0, f"unexpected token pair: {sorted(pair)}")
    expect(pair["user"]["must_change_password"] is True and pair["user"]["role"] == "admin", f"user: {pair['user']}")
    expect_problem(walk.client.send("GET", "/documents"), 403, "password_change_required")
    assist = json.dumps({"question": "Anything?"}).encode()
    expect_problem(walk.client.send("POST", "/ai/assist", assist, "application/json"), 403, "password_change_required")
    expect(walk.client.call("GET", "/auth/me").json["must_change_password"] is True, "me must answer before the change")


@step("changes the password and signs in with the new one")
def change_password(walk):
    change = {"current_password": walk.password, "new_password": "short"}
    expect_problem(
        walk.client.send("POST", "/auth/change-password", json.dumps(change).encode(), "application/json"),
        422, "validation_failed", "password_rejected")
    change["new_password"] = NEW_PASSWORD
    walk.client.call("POST", "/auth/change-password", change, status=204)
    old = json.dumps({"email": walk.email, "password": walk.password}).encode()
    expect_problem(walk.anonymous.send("POST", "/auth/login", old, "application/json"), 401, "invalid_credentials")
    pair = walk.client.login(walk.email, NEW_PASSWORD)
    walk.refresh_token = pair["refresh_token"]
    me = walk.client.call("GET", "/auth/me")
    expect(me.json["must_change_password"] is False and me.json["email"] == walk.email, "me is not the admin", me)


@step("the refresh token rotates")
def refresh(walk):
    pair = walk.anonymous.call("POST", "/auth/refresh", {"refresh_token": walk.refresh_token}).json
    expect(pair["refresh_token"] != walk.refresh_token, "the refresh token did not change")
    walk.client.token = pair["access_token"]
    spent = json.dumps({"refresh_token": walk.refresh_token}).encode()
    expect_problem(walk.anonymous.send("POST", "/auth/refresh", spent, "application/json"), 409, "refresh_superseded")
    walk.client.call("GET", "/auth/me")


# --- documents ------------------------------------------------------------------------------------------------------


@step("uploads every example")
def upload(walk):
    expect(walk.files, "there is no example to upload: run Examples/make/make_examples.py")
    for name, data in walk.files.items():
        response = walk.client.upload(name, data, tags="smoke", visibility="brokerage")
        expect(response.status == 202, f"upload of {name}: expected 202, got {response.status}", response)
        answer = response.json
        document = answer["document"]
        expect(answer["duplicate"] is False, f"{name} counts as a duplicate", response)
        expect(document["filename"] == name and document["size_bytes"] == len(data), f"name or size of {name}", response)
        expect(document["sha256"] == sha256(data), f"SHA-256 of {name}", response)
        expect(answer.get("job", {}).get("id"), f"upload of {name} names no job", response)
        location = response.headers.get("Location", "")
        expect(answer["document"]["id"] in location, "Location must name the document", response)
        walk.documents[name] = {"id": document["id"], "job": answer["job"]["id"]}


@step("every job completes and every document becomes ready")
def become_ready(walk):
    for name, known in walk.documents.items():
        job = walk.wait_for_job(known["job"])
        expect(job.json["status"] == "completed", f"the job of {name} ended as {job.json['status']}", job)
        response = walk.client.call("GET", f"/documents/{known['id']}")
        document = response.json
        expect(document["status"] == "ready", f"{name} is {document['status']}", response)
        expect(document.get("chunk_count", 0) > 0, f"{name} has no passages", response)
        expect(document.get("char_count", 0) > 0, f"{name} has no text", response)
        if name.endswith(".pdf"):
            expect(document.get("page_count", 0) > 0, f"{name} has no pages", response)
        if name.endswith(".csv"):
            rows = walk.files[name].decode().count("\n") - 1
            expect(document.get("row_count") == rows, f"{name} has {rows} rows, not {document.get('row_count')}", response)


@step("lists, filters and pages the documents")
def listing(walk):
    total = len(walk.files)
    response = walk.client.call("GET", "/documents", query={"status": "ready", "limit": 200})
    page = response.json
    expect(page["total"] == total == len(page["items"]), f"expected {total} ready documents", response)
    expect({item["filename"] for item in page["items"]} == set(walk.files), "file names of the list", response)
    first = walk.client.call("GET", "/documents", query={"limit": 1})
    expect(len(first.json["items"]) == 1 and first.json["total"] == total, "limit=1 must give one of all", first)
    expect(first.json["has_more"] is (total > 1), "has_more after one item", first)
    name, data = next(iter(walk.files.items()))
    same = walk.client.call("GET", "/documents", query={"sha256": sha256(data)})
    expect([item["filename"] for item in same.json["items"]] == [name], "the filter by sha256", same)
    expect_problem(walk.client.send("GET", "/documents?colour=blue"), 400, "unknown_parameter")
    expect_problem(walk.client.send("GET", f"/documents/{uuid.uuid4()}"), 404, "not_found")
    expect_problem(walk.client.send("GET", f"/jobs/{uuid.uuid4()}"), 404, "not_found")


def check_downloads(walk):
    for name, known in walk.documents.items():
        response = walk.client.call("GET", f"/documents/{known['id']}/download")
        expect(sha256(response.body) == sha256(walk.files[name]), f"the download of {name} differs from the upload")
        expect("attachment" in response.headers.get("Content-Disposition", ""), f"{name} is no attachment")
        expect(response.headers.get("X-Content-Type-Options") == "nosniff", f"{name} lacks nosniff")


@step("every download equals its upload")
def downloads(walk):
    check_downloads(walk)


@step("the same file again is recognised")
def duplicates(walk):
    name, data = next(iter(walk.files.items()))
    response = walk.client.upload("copy-" + name, data)
    expect(response.status == 200, f"a duplicate: expected 200, got {response.status}", response)
    expect(response.json["duplicate"] is True, "duplicate must be true", response)
    expect(response.json["document"]["id"] == walk.documents[name]["id"], "the duplicate has another id", response)
    expect_problem(walk.client.upload("copy-" + name, data, on_duplicate="reject"), 409, "duplicate")


@step("wrong files get the answer of the contract")
def wrong_files(walk):
    expect_problem(walk.client.upload("empty.pdf", b""), 422, "empty_file")
    png = b"\x89PNG\r\n\x1a\n" + bytes(2048)
    expect_problem(walk.client.upload("picture.pdf", png), 415, "unsupported_media_type")
    pdf = next(data for name, data in walk.files.items() if name.endswith(".pdf"))
    expect_problem(walk.client.upload("guide.csv", pdf), 415, "extension_mismatch")
    for size in (DOCUMENT_LIMIT_BYTES + 1, HUGE_BYTES):
        expect_problem(walk.client.upload("large.pdf", b"%PDF-1.4\n".ljust(size, b" ")), 413, "payload_too_large")
    no_form = walk.client.send("POST", "/documents/upload", b"{}", "application/json")
    expect_problem(no_form, 415, "unsupported_media_type")


@step("a damaged file fails by name, and the server goes on")
def damaged_file(walk):
    response = walk.client.upload("damaged.pdf", b"%PDF-1.4\n" + b"nothing that a reader could use\n" * 50)
    expect(response.status == 202, f"a damaged file is taken first: expected 202, got {response.status}", response)
    document = response.json["document"]["id"]
    walk.wait_for_job(response.json["job"]["id"])
    response = walk.client.call("GET", f"/documents/{document}")
    expect(response.json["status"] == "failed", f"it is {response.json['status']}", response)
    expect(response.json["error"]["code"] in ("malformed_file", "empty_text"), "the error code", response)
    walk.anonymous.call("GET", "/health")


# --- questions ------------------------------------------------------------------------------------------------------


def check_answer(walk, question, response):
    answer = response.json
    expect(answer["status"] in ("answered", "partial"), f"expected an answer, got {answer['status']}", response)
    expect(answer["grounded"] is True and answer["answer"].strip(), "the answer is empty", response)
    expect(0 < answer["confidence"] <= 1, "confidence must be above 0", response)
    markers = {int(marker) for marker in re.findall(r"\[(\d+)\]", answer["answer"])}
    expect(markers, "the answer carries no marker such as [1]", response)
    sources = {source["marker"]: source for source in answer["sources"]}
    expect(markers <= set(sources), "a marker of the answer has no source", response)
    ids = {known["id"]: name for name, known in walk.documents.items()}
    for marker in markers:
        source = sources[marker]
        expect(source["cited"] is True, f"source {marker} is in the answer but not marked as cited", response)
        expect(source["source_type"] == "document" and source["source_id"] in ids, f"source {marker}", response)
        expect(source["quote"].strip(), f"source {marker} has no quote", response)
        place = source["location"]
        length = place["char_end"] - place["char_start"]
        expect(length == len(source["quote"]), f"quote {marker} has {len(source['quote'])} characters, span {length}", response)
        name = ids[source["source_id"]]
        if name.endswith(".pdf"):
            expect(place.get("page", 0) >= 1, f"source {marker} in {name} names no page", response)
        if name.endswith(".csv"):
            expect(place.get("row_start", 0) >= 1, f"source {marker} in {name} names no row", response)
    gold = question["gold"][0]
    cited = {ids[sources[marker]["source_id"]] for marker in markers}
    expect(gold["document"] in cited, f"{gold['document']} is not cited but {sorted(cited)}", response)
    if "page" in gold:
        pages = {sources[m]["location"].get("page") for m in markers if ids[sources[m]["source_id"]] == gold["document"]}
        expect(gold["page"] in pages, f"the answer stands on page {gold['page']}, cited: {sorted(pages)}", response)
    for group in question["answer"]:
        found = any(re.search(pattern, answer["answer"], re.IGNORECASE) for pattern in group)
        expect(found, f"the answer says nothing like {group}", response)


@step("answers a question about each format with citations")
def answers(walk):
    for key in ASKED:
        question = walk.questions[key]
        response = walk.ask(question["question"])
        check_answer(walk, question, response)
        walk.answers[key] = response.json["answer"]


@step("refuses what the documents do not say")
def refuses(walk):
    response = walk.ask(walk.questions[UNANSWERABLE]["question"])
    answer = response.json
    expect(answer["status"] == "refused", f"expected a refusal, got {answer['status']}", response)
    expect(answer["answer"] == "" and answer["confidence"] == 0, "a refusal has no answer and no confidence", response)
    expect(answer["refusal"]["reason"] in ("no_evidence", "unsupported", "out_of_scope"), "the reason", response)
    blank = json.dumps({"question": "   "}).encode()
    expect_problem(walk.client.send("POST", "/ai/assist", blank, "application/json"), 422, "validation_failed")


@step("reindexes, and answers as before")
def reindex(walk):
    ids = [known["id"] for known in walk.documents.values()]
    named = {"scope": "documents", "document_ids": ids[:1], "force": True}
    for body in (named, {}):
        response = walk.client.call("POST", "/documents/reindex", body, status=202)
        expect(response.json["kind"] == "document_reindex", "the kind of the job", response)
        job = walk.wait_for_job(response.json["id"])
        expect(job.json["status"] == "completed", f"the reindex ended as {job.json['status']}", job)
    for document in ids:
        response = walk.client.call("GET", f"/documents/{document}")
        expect(response.json["status"] == "ready", "a document is not ready after the reindex", response)
    response = walk.ask(walk.questions[ASKED[0]]["question"])
    check_answer(walk, walk.questions[ASKED[0]], response)


@step("health/details shows every required component ok")
def health_details(walk):
    expect_problem(walk.anonymous.send("GET", "/health/details"), 401, "unauthenticated")
    response = walk.client.call("GET", "/health/details")
    components = {component["name"]: component for component in response.json["components"]}
    for name in ("database", "vector_store", "queue", "embedding"):
        expect(name in components, f"component {name} is missing", response)
    broken = [name for name, component in components.items() if component["required"] and component["status"] != "ok"]
    expect(not broken, f"not ok: {broken}", response)


# --- end ------------------------------------------------------------------------------------------------------------


@step("logout ends the session at once")
def logout(walk):
    walk.client.call("POST", "/auth/logout", {}, status=204)
    expect_problem(walk.client.send("GET", "/auth/me"), 401, "token_revoked")


def check_stop(walk):
    status = walk.server.stop()
    expect(status == 0, f"after SIGTERM the server ended with status {status}, not 0")
    time.sleep(0.2)
    left = walk.server.survivors()
    expect(not left, f"processes outlived the server: {left}")


@step("SIGTERM ends the server with status 0")
def first_stop(walk):
    check_stop(walk)


@step("a second start keeps everything and prints no password")
def restart(walk):
    walk.server.start()
    expect(walk.server.line("One-time password: ") is None, "the one-time password was printed again")
    walk.client = walk.anonymous
    walk.client.login(walk.email, NEW_PASSWORD)
    response = walk.client.call("GET", "/documents", query={"status": "ready", "limit": 200})
    expect({item["id"] for item in response.json["items"]} == {known["id"] for known in walk.documents.values()},
           "the ready documents differ after the restart", response)
    check_downloads(walk)
    for key, before in walk.answers.items():
        response = walk.ask(walk.questions[key]["question"])
        check_answer(walk, walk.questions[key], response)
        expect(response.json["answer"] == before, f"{key} is answered otherwise after the restart: {before}", response)


@step("SIGTERM ends it again with status 0")
def second_stop(walk):
    check_stop(walk)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/propertypro")
    parser.add_argument("--examples", type=pathlib.Path, default=ROOT / "Examples")
    parser.add_argument("--keep", action="store_true", help="leave the data folder and the log behind")
    options = parser.parse_args()
    if not options.program.exists():
        parser.error(f"{options.program} is not built: run scripts/test, or swift build -c release")

    folder = pathlib.Path(tempfile.mkdtemp(prefix="propertypro-smoke-"))
    server = Server(options.program.resolve(), folder / "data", folder / "server.log")
    walk = Walk(server, options.examples)
    # An end from outside must not leave the server behind: the exit runs the `finally` below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    passed = failed = 0
    begin = time.monotonic()
    try:
        for name, function in STEPS:
            before = time.monotonic()
            try:
                function(walk)
            except Exception as error:  # Whatever it is, the server's own words are wanted.
                failed += 1
                print(f"FAIL {time.monotonic() - before:7.2f} s  {name}\n\n{type(error).__name__}: {error}", flush=True)
                if getattr(error, "response", None) is not None:
                    print(f"\nThe response:\n{error.response.describe()}")
                print(f"\nThe end of the server's log:\n{server.log_tail()}\n")
                break
            passed += 1
            print(f"ok   {time.monotonic() - before:7.2f} s  {name}", flush=True)
    finally:
        server.kill()
        if options.keep:
            print(f"data folder and log: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"smoke: {len(STEPS)} steps, {time.monotonic() - begin:.1f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
