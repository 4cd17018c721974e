"""The Markdown table of a result document."""
from .child import PARTS


def markdown(document):
    machine, texts = document['machine'], document['texts']
    lines = [f"{machine['processor']}, {machine['cores']} cores; questions one at a time ({texts['questions']}), "
             f"{texts['passages']} passages and {texts['mixed']} texts of mixed length; text in, unit vectors out, "
             f"real tokens. Reference: {document['reference']}.", '',
             '| peer | threads | question p50 / p99 ms | passages tokens/s | mixed tokens/s | cold start s '
             '| resident / peak MB | waited for a core | lowest / mean cosine: questions; passages; mixed '
             '| same top 10 |',
             '|---|---:|---:|---:|---:|---:|---:|---:|---|---:|']
    for record in document['records']:
        if 'settings' in record:
            lines.append('| ' + ' | '.join(_cells(record)) + ' |')
    for record in document['records']:
        if 'tokenizer' in record:
            speed = record['tokenizer']
            lines += ['', f"{record['peer']} {record['version']}, {_threads(record)}: "
                      f"{speed['questions_mb_s']:.2f} MB/s on questions, {speed['passages_mb_s']:.2f} MB/s on passages"]
    failures = [(record['peer'], failure) for record in document['records'] for failure in record['failures']]
    if failures:
        lines += ['', 'Not measured:', '', *[f'- {name}: {failure}' for name, failure in dict.fromkeys(failures)]]
    return '\n'.join(lines)


def _cells(record):
    questions, agreement = record.get('questions'), record.get('agreement')
    cells = [f"{record['peer']} {record['version']}", str(record['threads']),
             f"{questions['p50_ms']:.2f} / {questions['p99_ms']:.2f}" if questions else '-',
             *(f"{record[part]['tokens_per_second']:,.0f}" if part in record else '-' for part in PARTS[1:]),
             f"{record['cold_seconds']:.2f}" if 'cold_seconds' in record else '-',
             f"{record['resident_mb']:.0f} / {record['peak_mb']:.0f}" if 'peak_mb' in record else '-',
             ' / '.join(f"{record[part]['waited_share']:.0%}" for part in PARTS if part in record) or '-']
    if not agreement:
        return [*cells, '-', '-']
    pairs = [f"{agreement[part]['lowest']:.6f} / {agreement[part]['mean']:.6f}"
             for part in PARTS]
    return [*cells, '; '.join(pairs), f"{agreement['same_top_10']:.4f}"]


def _threads(record):
    return f"{record['threads']} thread{'s' if record['threads'] > 1 else ''}"
