#!/usr/bin/env python3
"""Ingests a folder of documents, answers a file of questions, scores the answers: the main job, measured.

    Benchmarks/corpus.py --documents DIR --questions FILE --scorer score.py [--program PATH] [--keep DIR]

Prints seconds, passages per second, the peak memory of program and reader, the state of every document that is not
`ready`, the time of a second start, and the scorer's table. Python 3.9+, standard library only.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(arguments, ok=(0,)):
    """Runs a program, returns its standard output and the seconds it took."""
    start = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode not in ok:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
    return done.stdout, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--documents', required=True)
    parser.add_argument('--questions', required=True)
    parser.add_argument('--scorer', required=True)
    parser.add_argument('--program', default=os.path.join(ROOT, '.build/release/propertypro'))
    parser.add_argument('--keep', help='data folder to use and keep, instead of a temporary one')
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        data = arguments.keep or os.path.join(temporary, 'data')
        results = os.path.join(temporary, 'results.jsonl')
        out, seconds = run([arguments.program, 'ingest', arguments.documents, '--data', data, '--json'], ok=(0, 1))
        report = json.loads(out)
        print(f"ingest: {len(report['files'])} files, {report['passages']} passages in {report['seconds']:.1f} s "
              f"({report['passages'] / report['seconds']:.0f} passages/s), process {seconds:.1f} s")
        print(f"peak memory: program {report['peak_bytes'] / 1e6:.0f} MB, reader {report['worker_peak_bytes'] / 1e6:.0f} MB")
        for file in report['files']:
            if file['state'] != 'ready':
                print(f"  {file['file']}: {file.get('failure') or file['state']}")

        out, seconds = run([arguments.program, 'check', '--data', data, '--json'])
        check = json.loads(out)
        print(f"check: {check['ready_documents']} of {check['documents']} documents ready, {check['vectors']} vectors, "
              f"{len(check['problems'])} problems, {seconds:.2f} s")

        _, seconds = run([arguments.program, 'ask', 'hello', '--data', data, '--json'], ok=(0, 2))
        print(f"start, one question, orderly end: {seconds:.2f} s")

        run([arguments.program, 'eval', '--data', data, '--questions', arguments.questions, '--out', results])
        out, _ = run([sys.executable, arguments.scorer, arguments.questions, results, '--misses'])
        print(out)


if __name__ == '__main__':
    main()
