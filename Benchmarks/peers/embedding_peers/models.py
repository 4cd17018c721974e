"""The forms of the model and the settings that peers need: made once, kept in the work folder."""
import hashlib
import json
import os
import shutil
import subprocess
import sys

from common import environment, machine, process
from . import child

PREPARE_SECONDS_MAX = 3_600


class Workplace:
    """Where the prepared models, settings, references and logs are."""

    def __init__(self, program, work, model, texts, calibration):
        """`texts` maps each part to its file."""
        self.program, self.work, self.model, self.texts = program, work, model, texts
        self.calibration = calibration
        self.digest = _digest(os.path.join(model, 'model.safetensors'))
        for name in ('logs', 'models', 'settings', 'references', 'vectors'):
            os.makedirs(self.path(name), exist_ok=True)

    def path(self, *names):
        return os.path.join(self.work, *names)

    def prepare(self, name):
        """Installs a peer and makes its model and returns its version; throws `CannotInstall` or `ChildFailed`."""
        from .peers import ALL
        peer = ALL[name]
        environment.install(peer.requirements)
        folder = self.folder(name)
        if not os.path.exists(folder):
            print(f'  {name}: preparing the model', file=sys.stderr)
            partial, log = folder + '.part', self.path('logs', f'{name}-prepare.log')
            shutil.rmtree(partial, ignore_errors=True)
            os.makedirs(partial)
            job = {'peer': name, 'model': self.model, 'folder': partial, 'calibration': self.calibration}
            with open(log, 'w') as file:
                done = subprocess.run([sys.executable, self.program, '_prepare', json.dumps(job)],
                                      stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=PREPARE_SECONDS_MAX,
                                      env={**os.environ, **child.environment(1)})
            if done.returncode != 0:
                raise child.ChildFailed(f'preparing its model {process.ending(done.returncode, log)}')
            os.rename(partial, folder)
        return environment.version(peer.requirements[0].partition('==')[0])

    def folder(self, name):
        from .peers import ALL
        samples = _digest(self.calibration) if 'nncf' in ' '.join(ALL[name].requirements) else ''
        words = json.dumps([name, ALL[name].requirements, self.digest, samples])
        return self.path('models', f'{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}')

    def settings(self, name, threads, again=False):
        """The tuned settings; tunes first where that has not been done."""
        from .peers import ALL
        if name == 'tokenizers':
            return {}
        words = json.dumps([ALL[name].requirements, self.digest, machine.instruction_sets()])
        path = self.path('settings', f'{name}-{threads}-{hashlib.sha256(words.encode()).hexdigest()[:16]}.json')
        if again or not os.path.exists(path):
            print(f'  {name}: tuning for {threads} thread{"s" if threads > 1 else ""}', file=sys.stderr)
            with self.start(name, threads, {}) as running:
                found = running.ask('tune')['settings']
            with open(path + '.part', 'w') as file:
                json.dump(found, file, indent=1)
            os.replace(path + '.part', path)
        with open(path) as file:
            return json.load(file)

    def job(self, name, threads, settings):
        """What a child that serves is told."""
        return {'peer': name, 'threads': threads, 'model': self.model, 'folder': self.folder(name),
                'settings': settings, 'log': self.path('logs', f'{name}-{threads}.log'), **self.texts}

    def command(self, name, threads, settings):
        return [sys.executable, self.program, '_serve', json.dumps(self.job(name, threads, settings))]

    def start(self, name, threads, settings):
        """A child that serves this peer, after its first vector."""
        return child.Child(self.command(name, threads, settings), threads,
                           self.path('logs', f'{name}-{threads}.log'), child.environment(threads))

    def reference(self, names):
        """The folder of float32 vectors of these texts; None where no float32 peer could make them."""
        from .peers import ALL
        texts = hashlib.sha256(' '.join([self.digest, *map(_digest, self.texts.values())]).encode()).hexdigest()[:16]
        folder = self.path('references', texts)
        for name in [*names, *ALL] if not os.path.exists(folder) else []:
            if not ALL[name].float32:
                continue
            try:
                self.prepare(name)
                print(f'  {name}: making the reference', file=sys.stderr)
                threads = min(2, len(os.sched_getaffinity(0)))
                os.makedirs(folder + '.part', exist_ok=True)
                with self.start(name, threads, {}) as running:
                    for part in child.PARTS:
                        running.ask(f"vectors {part} {os.path.join(folder + '.part', part + '.fbin')}")
                with open(os.path.join(folder + '.part', 'made-by'), 'w') as file:
                    file.write(name + '\n')
                os.rename(folder + '.part', folder)
                break
            except (environment.CannotInstall, child.ChildFailed) as problem:
                print(f'  {name} makes no reference: {problem}', file=sys.stderr)
        return folder if os.path.exists(folder) else None


def prepare(job):
    """The side of the child."""
    from .peers import ALL
    with open(job['calibration'], encoding='utf-8') as file:
        texts = file.read().splitlines()
    ALL[job['peer']].prepare(job['model'], job['folder'], texts)


def _digest(path):
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()
