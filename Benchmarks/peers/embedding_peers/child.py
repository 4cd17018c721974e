"""The parent's side of a child that answers commands: a peer, or our own program. Standard library only."""
import contextlib
import glob
import json
import os
import select
import subprocess
import time

from common import process

ANSWER_SECONDS_MAX = 1_800
PARTS = ('questions', 'passages', 'mixed')


class ChildFailed(Exception):
    """Says in one sentence what went wrong."""


class Child:
    """A running encoder. `cold_seconds` is from the start of the process to its first vector."""

    def __init__(self, command, threads, log, environment=None):
        self.log = log
        started = time.monotonic()
        with open(log + '.err', 'w') as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                env={**os.environ, **(environment or {})}, preexec_fn=pinning(threads))
        self.buffer = b''
        self.ready = self._line()
        self.cold_seconds = time.monotonic() - started
        if not self.ready.get('ready'):
            self.kill()
            raise ChildFailed(f'it said {self.ready} instead of being ready')

    def ask(self, command):
        """The answer to one command; throws `ChildFailed` if there is none, or it tells of an error.

        `waited_share` is added: of the time that its threads wanted to run, what they waited for a core.
        """
        before = self._schedule()
        self._write(command)
        answer = self._line()
        if 'error' in answer:
            raise ChildFailed(f"{command}: {answer['error']}")
        # Threads that ended meanwhile are left out.
        after = [(now, before.get(thread, (0, 0))) for thread, now in self._schedule().items()]
        ran, waited = (sum(now[i] - earlier[i] for now, earlier in after) for i in range(2))
        answer['waited_share'] = waited / max(1, ran + waited)
        return answer

    def memory(self):
        """(resident, peak) megabytes, as the system says."""
        found = {}
        with open(f'/proc/{self.process.pid}/status') as file:
            for line in file:
                name, _, value = line.partition(':')
                if name in ('VmRSS', 'VmHWM'):
                    found[name] = int(value.split()[0]) * 1024 / 1e6
        return found['VmRSS'], found['VmHWM']

    def close(self):
        try:
            self._write('quit')
            self.process.wait(10)
        except (ChildFailed, subprocess.TimeoutExpired):
            pass
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _schedule(self):
        """By thread: nanoseconds that it has run, and has waited for a core."""
        found = {}
        for path in glob.glob(f'/proc/{self.process.pid}/task/*/schedstat'):
            with contextlib.suppress(OSError), open(path) as file:
                numbers = file.read().split()
                found[path] = int(numbers[0]), int(numbers[1])
        return found

    def _write(self, line):
        try:
            self.process.stdin.write(line.encode() + b'\n')
            self.process.stdin.flush()
        except OSError:
            self._dead()

    def _line(self):
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while b'\n' not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                self.kill()
                raise ChildFailed(f'no answer within {ANSWER_SECONDS_MAX} s')
            read = os.read(self.process.stdout.fileno(), 1 << 16)
            if not read:
                self._dead()
            self.buffer += read
        line, _, self.buffer = self.buffer.partition(b'\n')
        try:
            return json.loads(line)
        except ValueError:
            self.kill()
            raise ChildFailed(f'its answer is no JSON: {line[:200].decode(errors="replace")}') from None

    def _dead(self):
        code = self.process.wait()
        self.kill()
        logs = [path for path in (self.log, self.log + '.err') if os.path.exists(path) and os.path.getsize(path)]
        raise ChildFailed(process.ending(code, logs[0] if logs else self.log))


def pinning(threads):
    """What a child does first: with one thread, it keeps to one core, whatever threads its library starts."""
    cores = sorted(os.sched_getaffinity(0))
    return (lambda: os.sched_setaffinity(0, cores[-1:])) if threads < len(cores) and threads == 1 else None


def environment(threads):
    """For the libraries that ask the environment how many threads to start, and never for a model's hub."""
    return {**{name: str(threads) for name in process.ONE_THREAD},
            'TOKENIZERS_PARALLELISM': 'true' if threads > 1 else 'false', 'HF_HUB_OFFLINE': '1',
            'TRANSFORMERS_OFFLINE': '1', 'HF_HUB_DISABLE_TELEMETRY': '1'}
