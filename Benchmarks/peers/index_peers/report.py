"""The Markdown tables of a result document."""

MEBIBYTE = 1 << 20


def markdown(document):
    data, machine = document['data'], document['machine']
    lines = [f"{data['count']:,} x {data['dimension']}, {data['queries']:,} queries, k = {data['k']}, inner product; "
             f"{machine['processor']}, {machine['cores']} cores; {document['settings']['passes']} passes, median. "
             "q/s: one query at a time through Python (batch in the peer's own loop in brackets), one thread. "
             "`c`: wall and CPU time disagree by more than 10 %.", '']
    measured = [peer for peer in document['peers'] if 'search' in peer]
    if measured:
        lines += _search_table(measured)
    changed = [peer for peer in document['peers'] if peer.get('changes')]
    if changed:
        lines += ['', *_changes_table(changed)]
    failures = [(peer['name'], failure) for peer in document['peers'] for failure in peer['failures']]
    if failures:
        lines += ['', 'Not measured:', '', *[f"- {name}: {failure}" for name, failure in failures]]
    return '\n'.join(lines)


def _search_table(peers):
    lines = ['| peer | build s (CPU s) | resident / file MiB | load s | q/s .90 | q/s .95 | q/s .99 | p50 / p99 us .95 '
             '| p50 / p99 us .99 | batch, 2 threads .95 |',
             '|---|---|---|---|---|---|---|---|---|---|']
    for peer in peers:
        search, at = peer['search'], peer['search']['at']
        builds = peer['build']
        build = '; '.join(f"{threads}T {built['wall_seconds']:.1f} ({built['cpu_seconds']:.1f})"
                          f"{' c' if built['contended'] else ''}" for threads, built in builds.items())
        file = next(iter(builds.values()))['file_bytes'] / MEBIBYTE if builds else 0
        load = f"{search['load']['wall_seconds']:.2f}"
        if 'tune' in search:
            load += f" + tune {search['tune']['wall_seconds']:.1f}"
        best = max(point['recall'] for point in search['curve'])
        speeds = [_speed(at[target], best) for target in ('0.90', '0.95', '0.99')]
        waits = [_wait(at[target]['latency']) for target in ('0.95', '0.99')]
        lines.append(f"| {peer['name']} {peer['version']} | {build or '-'} | "
                     f"{search['search_resident_growth_bytes'] / MEBIBYTE:.0f} / {file:.0f} | {load} | "
                     f"{' | '.join(speeds)} | {' | '.join(waits)} | {_rate(at['0.95']['batch_2_threads'])} |")
    return lines


def _changes_table(peers):
    lines = ['| peer | inserts/s: batch; one by one | the same beside a searching thread '
             '| 10 % replaced: recall fresh, removed, replaced | slot reuse/s | filter 1 %: recall, q/s |',
             '|---|---|---|---|---|---|']
    for peer in peers:
        changes = peer['changes']
        alone, beside = ('; '.join(_inserts(changes.get(form + after)) for form in ('insert_batch', 'insert_one'))
                         for after in ('', '_beside_search'))
        replaced, filtered = changes.get('replace'), changes.get('filter')
        recalls = reuse = passing = '-'
        if replaced:
            recalls = (f"{replaced['fresh']['recall']:.4f}, {replaced['removed']['recall']:.4f}, "
                       f"{replaced['replaced_items']['recall']:.4f} (ef {replaced['effort']})")
            reuse = _mark(f"{replaced['reuse']['inserts_per_second']:,.0f}", replaced['reuse'])
        if filtered:
            passing = _mark(f"{filtered['recall']:.3f}, {filtered['qps']:,.0f} (ef {filtered['effort']})", filtered)
        lines.append(f"| {peer['name']} {peer['version']} | {alone} | {beside} | {recalls} | {reuse} | {passing} |")
    return lines


def _speed(at, best):
    if at['one'] is None:
        return f'never (best {best:.3f})'
    return f"{_rate(at['one'])} ({_rate(at['batch'])})"


def _rate(figure):
    return '-' if figure is None else _mark(f"{figure['qps']:,.0f}", figure)


def _wait(figure):
    if figure is None:
        return '-'
    late = any(abs(figure[f'{share}_cpu_us'] / figure[f'{share}_us'] - 1) > .10 for share in ('p50', 'p99'))
    return f"{figure['p50_us']:.0f} / {figure['p99_us']:.0f}{' c' if late else ''}"


def _inserts(figure):
    if figure is None:
        return '-'
    text = _mark(f"{figure['inserts_per_second']:,.0f}", figure)
    if 'searches_per_second' in figure:
        failed = f", {figure['searches_failed']:,} failed" if figure['searches_failed'] else ''
        text += f" ({figure['searches_per_second']:,.0f} searches/s{failed})"
    return text


def _mark(text, figure):
    return text + (' c' if figure.get('contended') else '')
