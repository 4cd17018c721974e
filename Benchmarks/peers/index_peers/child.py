"""Runs one stage in a process of its own: memory is measured cleanly, and a crash stays there."""
import faulthandler
import json
import os
import subprocess
import sys

from common import process

STAGE_SECONDS_MAX = 7_200


class StageFailed(Exception):
    """Says in one sentence how a stage ended."""


def run(program, job, logs):
    """Runs job['stage'] of job['peer'] in a child; returns its result or throws `StageFailed`."""
    os.makedirs(logs, exist_ok=True)
    name = os.path.join(logs, f"{job['peer']}-{job.get('title', job['stage'])}")
    paths = {'log': name + '.log', 'result': name + '.json'}
    if os.path.exists(paths['result']):
        os.remove(paths['result'])
    # The job goes through standard input, which libraries do not read.
    child = subprocess.Popen([sys.executable, program, '_stage'], stdin=subprocess.PIPE, text=True,
                             env={**os.environ, **process.ONE_THREAD})
    try:
        child.communicate(json.dumps({**job, **paths}), timeout=STAGE_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        raise StageFailed(f"stage {job['stage']} took longer than {STAGE_SECONDS_MAX} s") from None
    except BaseException:
        child.kill()
        child.wait()
        raise
    if child.returncode != 0 or not os.path.exists(paths['result']):
        raise StageFailed(f"stage {job['stage']} {process.ending(child.returncode, paths['log'])}")
    with open(paths['result']) as file:
        return json.load(file)


def main():
    """The child's side."""
    job = json.load(sys.stdin)
    terminal = os.fdopen(os.dup(2), 'w', buffering=1)
    # Native libraries print to the descriptors themselves.
    log = os.open(job['log'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    faulthandler.enable()
    from .stages import ALL_STAGES
    result = ALL_STAGES[job['stage']](job, lambda text: print(f"  {job['peer']} {job['stage']}: {text}", file=terminal))
    with open(job['result'], 'w') as file:
        json.dump(result, file)
    # Some libraries crash while they are taken down; the result is complete by now.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
