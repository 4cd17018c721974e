"""Finds the batch size, and for several threads their use, that suit a peer best: for each workload its own."""
QUESTIONS, PASSAGES, MIXED = 60, 64, 128


def tune(server):
    """{part: {intra, workers, batch, and what was measured}}; the threads work on one batch, or each on its own."""
    best = {}
    ways = [(server.threads, 1)] + ([(1, server.threads)] if server.threads > 1 else [])
    for intra, workers in ways:
        setting = {'intra': intra, 'workers': workers, 'batch': server.peer.batch_sizes[0]}
        _keep(best, 'questions', setting, server.one_by_one(server.part('questions', QUESTIONS), setting)['p50_ms'])
        for part, limit in (('passages', PASSAGES), ('mixed', MIXED)):
            for batch in server.peer.batch_sizes:
                setting = {'intra': intra, 'workers': workers, 'batch': batch}
                seconds = server.bulk(part, server.part(part, limit), setting)['seconds']
                _keep(best, part, setting, seconds)
    return best


def _keep(best, part, setting, measured):
    if part not in best or measured < best[part]['measured']:
        best[part] = {**setting, 'measured': measured}
