"""What is measured, one stage a child process: building, searching, and changing an index.

Each stage gets the job (a dictionary) and returns a dictionary of results.
"""
import os
import threading
import time

import numpy

from common import clock, vectors
from . import curve
from .peers import ALL

K = 10
SEED = 20_240_607
WARM_QUERIES = 200
LATENCY_TARGETS = (.95, .99)
PARALLEL_TARGET = .95
PARALLEL_THREADS = 2
REPLACE_TARGET = .97
REPLACED_SHARE = .10
FILTER_SHARE = .01
FILTER_QUERIES = 200
SEARCH_BLOCK_QUERIES = 50


def build(job, progress):
    """Builds with job['threads'] threads and saves."""
    base = vectors.read_fbin(job['base'], job['limit'])
    peer = _peer(job, base.shape[1])
    before = clock.resident()
    clock.forget_peak()
    with clock.timed(job['threads']) as timing:
        peer.build(base, job['threads'])
    peak, after = clock.peak(), clock.resident()
    peer.save()
    return {**timing[0].summary(), 'resident_growth_bytes': after - before, 'peak_growth_bytes': peak - before,
            'file_bytes': _bytes_of(job['folder'])}


def search(job, progress):
    """Loads, climbs the ladder of efforts once, then measures the interesting steps in `passes` interleaved passes.

    job['efforts'] holds the interesting steps where an earlier run has found them; then only these are climbed.
    """
    queries, truth = vectors.read_fbin(job['queries']), vectors.read_ibin(job['truth'])
    peer = _peer(job, queries.shape[1])
    base = vectors.read_fbin(job['base'], job['limit']) if peer.load_needs_vectors else None
    before = clock.resident()
    with clock.timed() as loading:
        peer.load(base)
    result = {'load': loading[0].summary()}
    result['load_resident_growth_bytes'] = clock.resident() - before
    with clock.timed() as tuning:
        tuned = peer.tune()
    if tuned:
        result['tune'] = tuning[0].summary()

    peer.set_effort(peer.effort_first)
    for query in peer.singles(queries):
        peer.search_one(query, K)
    result['search_resident_growth_bytes'] = clock.resident() - before
    efforts = job['efforts'] or curve.ladder(peer.effort_first, peer.effort_step)
    points = _climb(peer, queries, truth, efforts, progress)
    result['curve'] = points
    needed = {id(point): point for target in curve.TARGETS for point in curve.bracket(points, target)}
    slow = {id(point) for target in LATENCY_TARGETS for point in curve.bracket(points, target)}
    parallel = {id(point) for point in curve.bracket(points, PARALLEL_TARGET)}
    if not (peer.has_batch and peer.batch_has_threads):
        parallel = set()
    singles = peer.singles(queries)
    raw = {key: {'batch': [], 'one': [], 'latency': [], 'parallel': []} for key in needed}
    for number in range(job['passes']):
        for key, point in needed.items():
            progress(f"pass {number + 1} of {job['passes']}, effort {point['effort']}")
            peer.set_effort(point['effort'])
            one = lambda query: peer.search_one(query, K)
            for query in singles[:WARM_QUERIES]:
                one(query)
            if peer.has_batch:
                _batch(peer, queries[:WARM_QUERIES], 1)
                raw[key]['batch'].append(_batch(peer, queries, 1)[0])
            with clock.timed() as timing:
                answers = [one(query) for query in singles]
            raw[key]['one'].append(timing[0])
            if number == 0:
                point['recall_one'] = vectors.recall([peer.ids_of(answer) for answer in answers], truth, K)
            if key in slow:
                raw[key]['latency'].append(clock.latencies(one, singles))
            if key in parallel:
                _batch(peer, queries[:WARM_QUERIES], PARALLEL_THREADS)
                raw[key]['parallel'].append(_batch(peer, queries, PARALLEL_THREADS)[0])
                _batch(peer, queries[:WARM_QUERIES], 1)
    for key, point in needed.items():
        for form in ('batch', 'one', 'parallel'):
            if raw[key][form]:
                point[form] = clock.rate(len(queries), raw[key][form])
        if raw[key]['latency']:
            point['latency'] = clock.median_of(raw[key]['latency'])
    result['at'] = {f'{target:.2f}': _figures(points, target) for target in curve.TARGETS}
    result['effort_for_replacing'] = curve.effort_at(points, REPLACE_TARGET)
    return result


def insert(job, progress):
    """Adds the queries, which are held out from the base, to the loaded index; with or without a searching thread."""
    new = vectors.read_fbin(job['queries'])
    peer = _peer(job, new.shape[1])
    peer.load(spare=len(new))
    peer.set_effort(job['effort'])
    searches = {'answered': 0, 'failed': 0, 'failure': ''}
    stop = threading.Event()

    def search_until_stopped():
        start = 0
        while not stop.is_set():
            block = new[start:start + SEARCH_BLOCK_QUERIES]
            try:
                peer.search_batch(block, K, 1)
                searches['answered'] += len(block)
            except Exception as problem:
                # hnswlib reads lists of links without a lock; a walk that meets a half-written one finds fewer than k.
                searches['failed'] += len(block)
                searches['failure'] = str(problem)
            start += SEARCH_BLOCK_QUERIES
            if start >= len(new):
                start = 0

    searcher = threading.Thread(target=search_until_stopped, daemon=True) if job['beside_search'] else None
    labels = numpy.arange(job['count'], job['count'] + len(new))
    if searcher is not None:
        searcher.start()
        time.sleep(.1)
    before = dict(searches)
    with clock.timed(1 if searcher is None else 2) as timing:
        if job['batch']:
            peer.insert(new, labels)
        else:
            for row in range(len(new)):
                peer.insert(new[row], labels[row:row + 1])
    after = dict(searches)
    stop.set()
    if searcher is not None:
        searcher.join()
    result = {**timing[0].summary(), 'inserts': len(new), 'inserts_per_second': len(new) / timing[0].wall,
              'inserts_per_cpu_second': len(new) * timing[0].threads / timing[0].cpu}
    if searcher is not None:
        result['searches_per_second'] = (after['answered'] - before['answered']) / timing[0].wall
        result['searches_failed'] = after['failed'] - before['failed']
        result['search_failure'] = after['failure']
    return result


def replace(job, progress):
    """Removes 10 % of the items, inserts the same vectors under new ids into the freed slots: the truth stays."""
    base = vectors.read_fbin(job['base'], job['limit'])
    queries, truth = vectors.read_fbin(job['queries']), vectors.read_ibin(job['truth'])
    count = len(base)
    peer = _peer(job, base.shape[1])
    peer.load()
    peer.set_effort(job['effort'])
    generator = numpy.random.default_rng(SEED)
    chosen = generator.choice(count, size=int(count * REPLACED_SHARE), replace=False)
    result = {'effort': job['effort'], 'replaced': len(chosen)}

    fresh, ids = _batch(peer, queries, 1)
    result['fresh'] = {'recall': vectors.recall(ids, truth, K), **clock.rate(len(queries), [fresh])}

    with clock.timed() as timing:
        peer.remove(chosen)
    result['removes_per_second'] = len(chosen) / timing[0].wall
    removed = numpy.zeros(count, dtype=bool)
    removed[chosen] = True
    kept = [row[~removed[row]][:K] for row in truth]
    holed, ids = _batch(peer, queries, 1)
    full = [position for position, row in enumerate(kept) if len(row) == K]
    result['removed'] = {'recall': vectors.recall([ids[position] for position in full],
                                                  [kept[position] for position in full], K),
                         **clock.rate(len(queries), [holed])}

    progress(f"inserting {len(chosen)} vectors into freed slots")
    new_ids = numpy.arange(count, count + len(chosen))
    with clock.timed() as timing:
        peer.reuse(base[chosen], new_ids)
    result['reuse'] = {**timing[0].summary(), 'inserts_per_second': len(chosen) / timing[0].wall}
    renamed = numpy.arange(count)
    renamed[chosen] = new_ids
    reused, ids = _batch(peer, queries, 1)
    result['replaced_items'] = {'recall': vectors.recall(ids, renamed[truth], K), **clock.rate(len(queries), [reused])}
    result['recall_loss'] = result['fresh']['recall'] - result['replaced_items']['recall']
    return result


def filtered(job, progress):
    """Searches that only 1 % of the items may answer, chosen at random."""
    base, queries = vectors.read_fbin(job['base'], job['limit']), vectors.read_fbin(job['queries'])[:FILTER_QUERIES]
    allowed = numpy.zeros(len(base), dtype=numpy.uint8)
    subset = numpy.random.default_rng(SEED).choice(len(base), size=max(K, int(len(base) * FILTER_SHARE)), replace=False)
    subset.sort()
    allowed[subset] = 1
    truth = subset[vectors.exact(base[subset], queries, K)]
    peer = _peer(job, base.shape[1])
    peer.load()
    peer.set_effort(job['effort'])
    marks = allowed.tobytes()
    with clock.timed() as timing:
        ids = _ids(peer.search_allowed(queries, K, marks))
    return {'effort': job['effort'], 'share': FILTER_SHARE, 'queries': len(queries),
            'recall': vectors.recall(ids, truth, K), **clock.rate(len(queries), timing)}


ALL_STAGES = {'build': build, 'search': search, 'insert': insert, 'replace': replace, 'filter': filtered}


def _peer(job, dimension):
    return ALL[job['peer']](job['folder'], dimension)


def _climb(peer, queries, truth, efforts, progress):
    """One pass over every step of the ladder: recall, and a first reading of the speed."""
    points = []
    for effort in efforts:
        peer.set_effort(effort)
        if peer.has_batch:
            timing, ids = _batch(peer, queries, 1)
        else:
            with clock.timed() as timings:
                answers = [peer.search_one(query, K) for query in peer.singles(queries)]
            timing, ids = timings[0], [peer.ids_of(answer) for answer in answers]
        points.append({'effort': effort, 'recall': vectors.recall(ids, truth, K),
                       'first_pass': {'form': 'batch' if peer.has_batch else 'one', 'qps': len(queries) / timing.wall,
                                      'qps_of_cpu_time': len(queries) / timing.cpu, 'contended': timing.contended}})
        progress(f"effort {effort}: recall {points[-1]['recall']:.4f}, {len(queries) / timing.wall:.0f} q/s")
        if curve.finished(points):
            break
    return points


def _figures(points, target):
    speed = ('qps', 'qps_of_cpu_time')
    return {'batch': curve.at(points, target, 'batch', speed), 'one': curve.at(points, target, 'one', speed),
            'batch_2_threads': curve.at(points, target, 'parallel', speed),
            'latency': curve.at(points, target, 'latency', ('p50_us', 'p99_us', 'p50_cpu_us', 'p99_cpu_us'))}


def _batch(peer, queries, threads):
    with clock.timed(threads) as timing:
        found = peer.search_batch(queries, K, threads)
    return timing[0], _ids(found)


def _ids(found):
    """Ids as numbers; some peers answer with strings, or with fewer than k."""
    if isinstance(found, numpy.ndarray):
        return found.astype(numpy.int64)
    return [[int(name) for name in row] for row in found]


def _bytes_of(folder):
    return sum(os.path.getsize(os.path.join(root, name)) for root, _, names in os.walk(folder) for name in names)
