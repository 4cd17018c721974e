"""The server as a child process and a small HTTP client, for scripts/smoke.py and scripts/crash. Standard library only."""

import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.parse
import uuid

# More requests in a minute than any of our scripts sends: what they test is not the rate limits.
UNLIMITED = {
    f"PROPERTYPRO_RATE_{name}": "off" for name in ("GENERAL", "UPLOAD", "AUTH", "AI", "HEAVY")
}
READY_SECONDS = 60
STOP_SECONDS = 30
REQUEST_SECONDS = 120


class CheckFailed(Exception):
    """Something was not as the contract says; carries what the server answered."""

    def __init__(self, what, response=None):
        super().__init__(what)
        self.response = response


def expect(condition, what, response=None):
    if not condition:
        raise CheckFailed(what, response)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`propertypro serve` on one data folder. Every start appends to one log; stop and kill act on its own pid alone."""

    def __init__(self, program, data, log):
        self.program, self.data, self.log = str(program), str(data), pathlib.Path(log)
        self.process = None
        self.base = None
        self.port = None
        self.offset = 0
        self.groups = set()

    def spawn(self):
        """Starts the process and returns at once, before it is ready."""
        self.port = free_port()
        self.offset = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            # A group of its own, so that helper processes that outlive the server can be found.
            self.process = subprocess.Popen(
                [self.program, "serve", "--data", self.data, "--port", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, **UNLIMITED}, start_new_session=True,
            )
        self.groups.add(self.process.pid)
        self.base = None

    def printed(self):
        """What this start of the server has printed so far."""
        with self.log.open("rb") as log:
            log.seek(self.offset)
            return log.read().decode("utf-8", "replace")

    def line(self, prefix):
        """The rest of the first line that starts with `prefix`, or None."""
        for line in self.printed().splitlines():
            if line.startswith(prefix):
                return line[len(prefix):].strip()
        return None

    def wait_ready(self, seconds=READY_SECONDS):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            address = self.line("Serving ")
            if address:
                self.base = address
                return self
            if self.process.poll() is not None:
                raise CheckFailed(f"the server ended with status {self.process.returncode} before it was ready")
            time.sleep(0.02)
        raise CheckFailed(f"the server did not print 'Serving …' within {seconds} s")

    def start(self):
        self.spawn()
        return self.wait_ready()

    def stop(self):
        """SIGTERM; returns the exit status, negative for a signal."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise CheckFailed(f"the server still ran {STOP_SECONDS} s after SIGTERM") from None

    def kill(self):
        """SIGKILL, as a power cut would."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def survivors(self):
        """Processes of any start of this server that still run: (pid, command line)."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[2]) in self.groups:
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                    found.append((int(entry.name), command))
            except (OSError, IndexError, ValueError):
                continue  # it ended meanwhile
        return found

    def log_tail(self, lines=40):
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


class Response:
    def __init__(self, method, path, status, headers, body):
        self.method, self.path, self.status, self.headers, self.body = method, path, status, headers, body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise CheckFailed(f"{self.method} {self.path} answered no JSON", self) from None

    def describe(self):
        head = "\n".join(f"  {name}: {value}" for name, value in self.headers.items())
        body = self.body[:4000].decode("utf-8", "replace")
        return f"{self.method} {self.path} -> {self.status}\n{head}\n  {body}"


class Client:
    """One connection per request; `token` is sent when set."""

    def __init__(self, base, token=None):
        self.base, self.token = urllib.parse.urlsplit(base), token

    def send(self, method, path, body=None, content_type=None, headers=None):
        connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=REQUEST_SECONDS)
        try:
            connection.putrequest(method, self.base.path + path)
            if self.token:
                connection.putheader("Authorization", f"Bearer {self.token}")
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Type", content_type)
                connection.putheader("Content-Length", str(len(body)))
            try:
                connection.endheaders()
                for start in range(0, len(body or b""), 65536):
                    connection.send(body[start:start + 65536])
            except (BrokenPipeError, ConnectionResetError):
                pass  # A server may answer and close while a body that is too large still arrives.
            answer = connection.getresponse()
            return Response(method, path, answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def call(self, method, path, value=None, status=200, query=None):
        """A JSON call; anything but `status` fails."""
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        body = None if value is None else json.dumps(value).encode()
        response = self.send(method, path, body, "application/json")
        expect(response.status == status, f"{method} {path}: expected {status}, got {response.status}", response)
        return response

    def upload(self, name, data, **fields):
        """POST /documents/upload as a browser would send it; returns the response, whatever its status."""
        boundary = uuid.uuid4().hex
        parts = []
        for key, value in fields.items():
            parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n"
        )
        parts.append(f"--{boundary}--\r\n".encode())
        return self.send("POST", "/documents/upload", b"".join(parts), f"multipart/form-data; boundary={boundary}")

    def login(self, email, password):
        pair = self.call("POST", "/auth/login", {"email": email, "password": password}).json
        self.token = pair["access_token"]
        return pair


def expect_problem(response, status, *codes):
    """A problem document of RFC 9457 with the given status and one of the given codes."""
    what = f"{response.method} {response.path}"
    expect(response.status == status, f"{what}: expected {status} {'/'.join(codes)}, got {response.status}", response)
    headers = {name.lower(): value for name, value in response.headers.items()}
    kind = headers.get("content-type", "").split(";")[0]
    expect(kind == "application/problem+json", f"{what}: an error must be application/problem+json, not {kind}", response)
    problem = response.json
    expect(problem.get("code") in codes, f"{what}: expected code {'/'.join(codes)}, got {problem.get('code')}", response)
    expect(problem.get("status") == status, f"{what}: the body must repeat the status", response)
    expect(problem.get("title"), f"{what}: a problem needs a title", response)
    expect(problem.get("request_id") == headers.get("x-request-id") and problem.get("request_id"),
           f"{what}: request_id must equal X-Request-Id", response)
    return problem
