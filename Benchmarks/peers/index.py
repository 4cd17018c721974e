#!/usr/bin/env python3
"""Measures other vector indexes on the same vectors, queries and truth as our own (`propertypro bench index`).

    Benchmarks/peers/index.py truth --base F.fbin --queries F.fbin --out F.ibin [--limit N]
    Benchmarks/peers/index.py --base F.fbin --queries F.fbin --truth F.ibin [--limit N] [--peers LIST] [--json OUT]

Vectors are unit-length float32 (fbin), compared by inner product; the truth (ibin) has the ids of the 100 nearest of
each query. A plain Python 3.11 on Linux starts it: it makes a virtual environment under --work and installs pinned
packages there (hnswlib and Glass need a C++ compiler). Each peer is built, opened from its file, and measured in
processes of its own; what cannot be installed or crashes is reported and the rest goes on. With --only-search the saved
indexes are used again and only the steps around the recalls of the table are measured. Prints a Markdown table;
progress goes to standard error.
"""
import argparse
import json
import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from common import environment, machine  # noqa: E402  (nothing outside the standard library yet)
from index_peers import child, glass  # noqa: E402

PEERS = ('hnswlib', 'faiss-flat', 'faiss-sq8', 'usearch', 'svs', 'symphonyqg', 'symphonyqg-8bit', 'glass-sq4',
         'glass-sq8', 'vsag', 'chromadb')


def main():
    if sys.argv[1:] == ['_stage']:
        return child.main()
    if sys.argv[1:2] == ['truth']:
        return truth(sys.argv[2:])
    measure(sys.argv[1:])


def truth(words):
    parser = argparse.ArgumentParser(prog='index.py truth', description="Writes the exact 100 nearest of each query.")
    parser.add_argument('--base', required=True)
    parser.add_argument('--queries', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--limit', type=int, help='use only the first N vectors of the base')
    parser.add_argument('--work', default=os.path.join(ROOT, '.build', 'peers'))
    arguments = parser.parse_args(words)
    environment.enter(os.path.abspath(arguments.work))
    from common import vectors
    try:
        base, queries = vectors.read_fbin(arguments.base, arguments.limit), vectors.read_fbin(arguments.queries)
        if base.shape[1] != queries.shape[1]:
            raise vectors.BadFile(f"base has dimension {base.shape[1]}, queries {queries.shape[1]}")
    except vectors.BadFile as problem:
        sys.exit(str(problem))
    found = vectors.exact(base, queries, vectors.TRUTH_K)
    vectors.write_ibin(arguments.out, found)
    print(f"{arguments.out}: {found.shape[0]} queries, {found.shape[1]} nearest of {len(base)}")


def measure(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--base', required=True)
    parser.add_argument('--queries', required=True)
    parser.add_argument('--truth', required=True)
    parser.add_argument('--limit', type=int, help='use only the first N vectors of the base')
    parser.add_argument('--peers', default=','.join(PEERS), help='comma-separated; default: all')
    parser.add_argument('--changes', default='hnswlib',
                        help='peers whose inserts, replacements and filters are measured too; "none" for none')
    parser.add_argument('--build-threads', default='1', help='comma-separated; the index of the first is searched')
    parser.add_argument('--passes', type=int, default=3)
    parser.add_argument('--only-search', action='store_true', help='use the indexes of an earlier run; no changes')
    parser.add_argument('--work', default=os.path.join(ROOT, '.build', 'peers'), help='environment and saved indexes')
    parser.add_argument('--glass-source', help='a checkout of Glass, where its repository cannot be cloned')
    parser.add_argument('--json', help='where to write the whole result')
    arguments = parser.parse_args(words)
    names = _choice(parser, arguments.peers)
    changing = [] if arguments.changes == 'none' else _choice(parser, arguments.changes)
    try:
        threads = [int(number) for number in arguments.build_threads.split(',')]
    except ValueError:
        parser.error(f"--build-threads wants numbers, not {arguments.build_threads}")
    if min(threads) < 1 or arguments.passes < 1:
        parser.error("--build-threads and --passes begin at 1")

    work = os.path.abspath(arguments.work)
    environment.enter(work)
    data = _data(arguments)
    document = {'machine': machine.description(), 'data': data,
                'settings': {'passes': arguments.passes, 'build_threads': threads,
                             'only_search': arguments.only_search},
                'peers': []}
    inputs = {'base': os.path.abspath(arguments.base), 'queries': os.path.abspath(arguments.queries),
              'truth': os.path.abspath(arguments.truth), 'limit': data['count'], 'count': data['count'],
              'passes': arguments.passes}
    for name in names:
        print(f"{name}:", file=sys.stderr)
        document['peers'].append(_measure_peer(name, inputs, threads, name in changing, data, work, arguments))
        if arguments.json:
            with open(arguments.json + '.part', 'w') as file:
                json.dump(document, file, indent=1)
            os.replace(arguments.json + '.part', arguments.json)
    from index_peers import report
    print(report.markdown(document))


def _measure_peer(name, inputs, threads, with_changes, data, work, arguments):
    from index_peers.peers import ALL
    digest, asked = data['sha256'], data['sha256_of_queries_and_truth']
    peer, logs = ALL[name], os.path.join(work, 'logs')
    result = {'name': name, 'version': '', 'parameters': peer.parameters, 'failures': [], 'build': {}}
    try:
        if name.startswith('glass'):
            glass.install(work, arguments.glass_source)
            result['version'] = glass.VERSION
        else:
            environment.install(peer.requirements)
            result['version'] = environment.version(peer.requirements[0].partition('==')[0])
    except environment.CannotInstall as problem:
        result['failures'].append(str(problem))
        print(f"  {problem}", file=sys.stderr)
        return result

    def stage(kind, **more):
        print(f"  {name} {kind}", file=sys.stderr)
        try:
            return child.run(os.path.abspath(__file__), {'peer': name, 'stage': kind, **inputs, **more}, logs)
        except child.StageFailed as problem:
            result['failures'].append(str(problem))
            print(f"  {problem}", file=sys.stderr)
            return None

    saved = os.path.join(work, 'indexes', _key(name, result['version'], peer.parameters, digest, threads[0]))
    figures, ladder = os.path.join(saved, 'build.json'), os.path.join(saved, 'ladder.json')
    if arguments.only_search:
        if not os.path.exists(figures):
            result['failures'].append("no saved index of this data and these parameters; run without --only-search")
            return result
        with open(figures) as file:
            result['build'] = json.load(file)
    else:
        result['build'] = _build(stage, saved, figures, threads if peer.build_has_threads else [1])
        if not result['build']:
            return result
    index = os.path.join(saved, 'index')
    efforts = _earlier_efforts(ladder, asked) if arguments.only_search else None
    searched = stage('search', folder=index, efforts=efforts)
    if searched is None:
        return result
    result['search'] = searched
    if efforts is None:
        steps = [{'effort': point['effort'], 'recall': point['recall']} for point in searched['curve']]
        with open(ladder, 'w') as file:
            json.dump({'asked': asked, 'steps': steps}, file)
    if with_changes and not arguments.only_search:
        result['changes'] = _changes(stage, peer, index, searched)
    return result


def _build(stage, saved, figures, threads):
    """Builds once for each number of threads, keeps the first index. The figures; empty where the first failed."""
    built = {}
    for number in threads:
        partial = saved + '.part'
        shutil.rmtree(partial, ignore_errors=True)
        os.makedirs(os.path.join(partial, 'index'))
        done = stage('build', folder=os.path.join(partial, 'index'), threads=number)
        if done is not None:
            built[number] = done
            if number == threads[0]:
                shutil.rmtree(saved, ignore_errors=True)
                os.rename(partial, saved)
        shutil.rmtree(partial, ignore_errors=True)
        if threads[0] not in built:
            return {}
    with open(figures, 'w') as file:
        json.dump(built, file)
    return {str(number): done for number, done in built.items()}


def _earlier_efforts(ladder, asked):
    """The steps around each target that an earlier run found with the same questions; None if there was none."""
    from index_peers import curve
    try:
        with open(ladder) as file:
            earlier = json.load(file)
    except OSError:
        return None
    if earlier['asked'] != asked:
        return None
    brackets = [curve.bracket(earlier['steps'], target) for target in curve.TARGETS]
    return sorted({point['effort'] for bracket in brackets for point in bracket}) or None


def _changes(stage, peer, index, searched):
    changes = {}
    effort = searched['effort_for_replacing']
    if effort is None:
        return changes
    if 'insert' in peer.abilities:
        for batch in (True, False):
            for beside in (False, True) if 'insert beside search' in peer.abilities else (False,):
                title = f"insert_{'batch' if batch else 'one'}{'_beside_search' if beside else ''}"
                changes[title] = stage('insert', title=title, folder=index, effort=effort, batch=batch,
                                       beside_search=beside)
    if 'replace' in peer.abilities:
        changes['replace'] = stage('replace', folder=index, effort=effort)
    if 'filter' in peer.abilities:
        changes['filter'] = stage('filter', folder=index, effort=effort)
    return changes


def _data(arguments):
    """Checks that the three files belong together."""
    from common import vectors
    try:
        count, dimension = vectors.shape(arguments.base, arguments.limit)
        queries, query_dimension = vectors.shape(arguments.queries)
        rows, width = vectors.shape(arguments.truth)
        if query_dimension != dimension:
            raise vectors.BadFile(f"base has dimension {dimension}, queries {query_dimension}")
        if rows != queries or width < 10:
            raise vectors.BadFile(f"{arguments.truth} is for {rows} queries and {width} nearest; "
                                  f"{queries} queries and at least 10 nearest are needed")
        sample = vectors.read_fbin(arguments.queries)
        ids = vectors.read_ibin(arguments.truth)
        if ids.min() < 0 or ids.max() >= count:
            raise vectors.BadFile(f"{arguments.truth} names vector {ids.max()} of {count}: "
                                  "make it with the same --limit")
        base = vectors.read_fbin(arguments.base, count)
        # A truth of other vectors would only look like bad recall.
        products = sample[:3] @ base.T
        if any(products[row].max() - products[row, ids[row, 0]] > 1e-4 for row in range(len(products))):
            raise vectors.BadFile(f"{arguments.truth} is not the truth of this base and these queries")
        return {'base': os.path.basename(arguments.base), 'count': count, 'dimension': dimension, 'queries': queries,
                'k': 10, 'sha256': vectors.digest(arguments.base, count),
                'sha256_of_queries_and_truth': f'{vectors.digest(arguments.queries)} {vectors.digest(arguments.truth)}'}
    except vectors.BadFile as problem:
        sys.exit(str(problem))


def _key(name, version, parameters, digest, threads):
    import hashlib
    words = json.dumps([name, version, parameters, digest, threads], sort_keys=True)
    return f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


def _choice(parser, words):
    names = [name for name in words.split(',') if name]
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        parser.error(f"unknown peer {unknown[0]}; known: {', '.join(PEERS)}")
    return names


if __name__ == '__main__':
    main()
