#!/usr/bin/env python3
"""Measures other encoders of text with the same model and texts as our own (`propertypro bench embedding`).

    Benchmarks/peers/embedding.py --questions F --passages F --mixed F [--peers LIST] [--threads 1,2] [--json OUT]
    Benchmarks/peers/embedding.py serve --peer NAME --threads N --questions F --passages F --mixed F
    Benchmarks/peers/embedding.py prepare …      installs, makes models, tunes, makes the reference; prints JSON
    Benchmarks/peers/embedding.py agree --vectors FOLDER --reference FOLDER

The files hold one text a line (Benchmarks/workloads.py writes them). A plain Python 3.11 on Linux starts it: it makes a
virtual environment under --work and installs pinned packages there. Each peer runs in processes of its own, tuned once
for these threads (batch size; threads within a batch, or a batch a thread); what cannot be installed or crashes is
reported and the rest goes on. `serve` answers commands on standard input, so that several encoders can take turns:
`questions N`, `passages`, `mixed`, `tokenizer`, `vectors PART FILE`, `memory`, `quit`.

Where the package index offers a build of torch for processors alone (`2.13.0+cpu`), pip takes it; elsewhere the same
version comes with gigabytes of libraries for graphics cards. Prints a Markdown table; progress goes to standard error.
"""
import argparse
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(__file__)

from common import environment  # noqa: E402  (nothing outside the standard library yet)
from embedding_peers import child  # noqa: E402

MODEL = os.path.expanduser('~/.cache/propertypro/models/all-MiniLM-L6-v2')
PARTS = (*child.PARTS, 'tokenizer', 'cold', 'memory', 'agreement')


def main():
    words = sys.argv[1:]
    if words[:1] == ['_serve']:
        from embedding_peers import server
        return server.main(json.loads(words[1]))
    if words[:1] == ['_prepare']:
        from embedding_peers import models
        return models.prepare(json.loads(words[1]))
    actions = {'serve': serve, 'prepare': prepare, 'agree': agree}
    if words[:1] and words[0] in actions:
        return actions[words[0]](words[1:])
    measure(words)


def serve(words):
    parser = _parser('serve', "Loads one peer and answers commands.")
    parser.add_argument('--peer', required=True)
    parser.add_argument('--threads', type=int, default=1)
    workplace, options = _enter(parser, words)
    _known(parser, [options.peer])
    try:
        workplace.prepare(options.peer)
        settings = workplace.settings(options.peer, options.threads)
    except (environment.CannotInstall, child.ChildFailed) as problem:
        sys.exit(f'{options.peer}: {problem}')
    os.environ.update(child.environment(options.threads))
    (child.pinning(options.threads) or (lambda: None))()
    job = workplace.job(options.peer, options.threads, settings)
    os.execv(sys.executable, [sys.executable, PROGRAM, '_serve', json.dumps(job)])


def prepare(words):
    parser = _parser('prepare', "Makes ready all that measuring needs; prints what there is as JSON.")
    parser.add_argument('--peers', default='')
    parser.add_argument('--threads', default='1,2')
    parser.add_argument('--retune', action='store_true')
    workplace, options = _enter(parser, words)
    names = _known(parser, options.peers.split(',')) if options.peers else list(_all())
    peers, failures = {}, {}
    for name in names:
        try:
            version, commands = workplace.prepare(name), {}
            for threads in _numbers(parser, options.threads):
                settings = workplace.settings(name, threads, options.retune)
                commands[threads] = workplace.command(name, threads, settings)
            peers[name] = {'version': version, 'commands': commands}
        except (environment.CannotInstall, child.ChildFailed) as problem:
            failures[name] = str(problem)
            print(f'  {name}: {problem}', file=sys.stderr)
    print(json.dumps({'peers': peers, 'failures': failures, 'reference': workplace.reference(names)}))


def agree(words):
    parser = argparse.ArgumentParser(prog='embedding.py agree', description="Compares vectors with the reference.")
    parser.add_argument('--vectors', required=True)
    parser.add_argument('--reference', required=True)
    parser.add_argument('--work', default=os.path.join(ROOT, '.build', 'peers-embedding'))
    options = parser.parse_args(words)
    environment.enter(os.path.abspath(options.work))
    from common import vectors
    from embedding_peers import agreement
    try:
        print(json.dumps(agreement.compare(options.vectors, options.reference)))
    except vectors.BadFile as problem:
        sys.exit(str(problem))


def measure(words):
    parser = _parser(None, __doc__)
    parser.add_argument('--peers', default='', help='comma-separated; default: all')
    parser.add_argument('--threads', default='1,2')
    parser.add_argument('--parts', default=','.join(PARTS))
    parser.add_argument('--passes', type=int, default=2, help='the best of so many')
    parser.add_argument('--question-count', type=int, default=500, help='questions timed; the vectors are of all')
    parser.add_argument('--retune', action='store_true', help='tune again; worth it on a quiet machine')
    parser.add_argument('--reference', help='folder of questions.fbin, passages.fbin, mixed.fbin')
    parser.add_argument('--json', help='where to write the whole result')
    workplace, options = _enter(parser, words)
    names = _known(parser, options.peers.split(',')) if options.peers else list(_all())
    parts, threads = options.parts.split(','), _numbers(parser, options.threads)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]}; known: {', '.join(PARTS)}")
    reference = options.reference
    if reference is None and 'agreement' in parts and names != ['tokenizers']:
        reference = workplace.reference(names)
    from common import machine
    from embedding_peers import measuring, report
    document = {'machine': machine.description(), 'reference': measuring.reference_name(reference),
                'texts': {part: measuring.lines(workplace.texts[part]) for part in child.PARTS}, 'records': []}
    for name in names:
        print(f'{name}:', file=sys.stderr)
        for number in threads:
            document['records'].append(measuring.measure(workplace, name, number, parts, reference, options))
            if options.json:
                with open(options.json + '.part', 'w') as file:
                    json.dump(document, file, indent=1)
                os.replace(options.json + '.part', options.json)
    print(report.markdown(document))


def _parser(name, description):
    parser = argparse.ArgumentParser(prog=f'embedding.py {name}' if name else None, description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for part in child.PARTS:
        parser.add_argument(f'--{part}', required=True, help='one text a line')
    parser.add_argument('--calibration', help='sample texts for quantisation; default: calibration.txt beside --mixed')
    parser.add_argument('--model', default=MODEL, help='the folder that scripts/fetch-models fills')
    parser.add_argument('--work', default=os.path.join(ROOT, '.build', 'peers-embedding'),
                        help='environment, models, settings')
    return parser


def _enter(parser, words):
    """Continues in the environment; the workplace and the options."""
    options = parser.parse_args(words)
    calibration = options.calibration or os.path.join(os.path.dirname(options.mixed), 'calibration.txt')
    texts = {part: os.path.abspath(getattr(options, part)) for part in child.PARTS}
    for path in (*texts.values(), calibration):
        if not os.path.exists(path):
            parser.error(f'there is no file {path}; Benchmarks/workloads.py makes the texts')
    if not os.path.exists(os.path.join(options.model, 'model.safetensors')):
        parser.error(f'there is no model in {options.model}; fetch it with scripts/fetch-models')
    environment.enter(os.path.abspath(options.work))
    from embedding_peers import models
    return models.Workplace(PROGRAM, os.path.abspath(options.work), os.path.abspath(options.model), texts,
                            os.path.abspath(calibration)), options


def _all():
    from embedding_peers.peers import ALL
    return ALL


def _known(parser, names):
    unknown = [name for name in names if name not in _all()]
    if unknown:
        parser.error(f"unknown peer {unknown[0]}; known: {', '.join(_all())}")
    return names


def _numbers(parser, words):
    try:
        numbers = [int(word) for word in words.split(',')]
    except ValueError:
        parser.error(f'--threads wants numbers, not {words}')
    if min(numbers) < 1:
        parser.error('--threads begin at 1')
    return numbers


if __name__ == '__main__':
    main()
