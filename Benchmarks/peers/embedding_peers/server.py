"""The side of the child: loads one peer once, then answers commands, one line of JSON each.

`propertypro bench embedding` speaks the same: `questions N`, `passages`, `mixed`, `tokenizer`, `vectors PART FILE`,
`memory`, `quit`. Peers also know `tune`. A command that fails is answered with an `error`.
"""
import faulthandler
import json
import os
import sys
import time

FIRST_TEXT = 'How much is the service charge of a flat with two bedrooms near the marina?'
WARM_TEXTS = 32
TOKENIZER_PASSES = 5


def main(job):
    """`job`: peer, threads, model, folder (of the prepared model), settings (by part), the files of texts, log."""
    answers = os.fdopen(os.dup(1), 'w', buffering=1)
    # Native libraries print to the descriptors themselves.
    log = os.open(job['log'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    faulthandler.enable()
    server = Server(job)
    server.peer.encode_one(FIRST_TEXT)
    from common import clock
    answers.write(json.dumps({'ready': True, 'seconds': _seconds_since_start(),
                              'resident_mb': clock.status('VmRSS') / 1e6}) + '\n')
    for line in sys.stdin:
        words = line.split()
        if words == ['quit']:
            break
        try:
            answer = server.answer(words)
        except Exception as problem:
            answer = {'part': ' '.join(words), 'error': f'{type(problem).__name__}: {problem}'.splitlines()[0]}
        answers.write(json.dumps(answer) + '\n')
    answers.flush()
    # Some libraries crash while they are taken down.
    os._exit(0)


class Server:
    def __init__(self, job):
        self.job, self.threads, self.texts, self.warm, self.way = job, job['threads'], {}, set(), None
        self.settings = {part: {'intra': self.threads, 'workers': 1, 'batch': 16, **job['settings'].get(part, {})}
                         for part in ('questions', 'passages', 'mixed')}
        self.configure(self.settings['questions'])

    def configure(self, setting):
        """Loads the peer for this number of workers and of threads a worker, if it is loaded for others."""
        way = (setting['intra'], setting['workers'])
        if way != self.way:
            from .peers import ALL
            self.way, self.peer, self.warm = way, None, set()
            self.peer = ALL[self.job['peer']](self.job['model'], self.job['folder'], *way)

    def answer(self, words):
        kind, arguments = words[0], words[1:]
        if kind == 'questions':
            return self.one_by_one(self.part('questions', int(arguments[0]) if arguments else None))
        if kind in ('passages', 'mixed'):
            return self.bulk(kind)
        if kind == 'tokenizer':
            return self.tokenizer_speed()
        if kind == 'vectors':
            return self.write_vectors(*arguments)
        if kind == 'memory':
            from common import clock
            return {'part': 'memory', 'resident_mb': clock.status('VmRSS') / 1e6,
                    'peak_mb': clock.status('VmHWM') / 1e6}
        if kind == 'tune':
            from . import tuning
            return {'part': 'tune', 'settings': tuning.tune(self)}
        raise ValueError(f'unknown command {kind}')

    def part(self, name, limit=None):
        if name not in self.texts:
            with open(self.job[name], encoding='utf-8') as file:
                self.texts[name] = file.read().splitlines()
        return self.texts[name][:limit]

    def tokens(self, texts):
        """Of the texts in the model's window, with the special ones; nobody's padding counts."""
        from .tokens import Tokenizer
        if 'counter' not in self.__dict__:
            self.counter = Tokenizer(self.job['model'])
        return [len(ids) for ids in self.counter.many(texts)]

    def one_by_one(self, texts, setting=None):
        from common import clock
        self.configure(setting or self.settings['questions'])
        counts = self.tokens(texts)
        if 'questions' not in self.warm:
            for text in {count: text for text, count in zip(texts, counts)}.values():
                self.peer.encode_one(text)
            self.warm.add('questions')
        walls = []
        with clock.timed():
            for text in texts:
                start = time.perf_counter_ns()
                self.peer.encode_one(text)
                walls.append(time.perf_counter_ns() - start)
        walls.sort()
        return {'part': 'questions', 'p50_ms': clock.percentile(walls, .50) / 1e6,
                'p99_ms': clock.percentile(walls, .99) / 1e6, 'texts': len(texts), 'tokens': sum(counts)}

    def bulk(self, name, texts=None, setting=None):
        from common import clock
        setting, texts = setting or self.settings[name], texts or self.part(name)
        self.configure(setting)
        warm = (name, setting['batch'], len(texts))
        if warm not in self.warm:
            self.peer.encode_many(texts if self.peer.compiles_shapes else texts[:WARM_TEXTS], setting['batch'])
            self.warm.add(warm)
        counts = self.tokens(texts)
        with clock.timed(self.threads) as timing:
            self.peer.encode_many(texts, setting['batch'])
        return {'part': name, 'seconds': timing[0].wall, 'texts': len(texts), 'tokens': sum(counts)}

    def tokenizer_speed(self):
        from .tokens import Tokenizer
        tokenizer, result = Tokenizer(self.job['model']), {'part': 'tokenizer'}
        for name in ('questions', 'passages'):
            texts = self.part(name)
            ids, walls = tokenizer.many(texts), []
            for _ in range(TOKENIZER_PASSES):
                start = time.perf_counter()
                tokenizer.many(texts)
                walls.append(time.perf_counter() - start)
            result |= {f'{name}_mb_s': sum(len(text.encode()) for text in texts) / 1e6 / min(walls),
                       f'{name}_tokens': sum(map(len, ids)), f'{name}_texts': len(texts)}
        return result

    def write_vectors(self, name, path):
        from common import vectors
        texts, setting = self.part(name), self.settings[name]
        self.configure(setting)
        if name == 'questions':
            import numpy
            found = numpy.stack([self.peer.encode_one(text) for text in texts])
        else:
            found = self.peer.encode_many(texts, setting['batch'])
        vectors.write_fbin(path, found)
        return {'part': 'vectors', 'texts': len(texts), 'file': path}


def _seconds_since_start():
    """Since this process began, as the system says, to a hundredth; imports count."""
    with open('/proc/self/stat') as file:
        started = int(file.read().rpartition(')')[2].split()[19]) / os.sysconf('SC_CLK_TCK')
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started
