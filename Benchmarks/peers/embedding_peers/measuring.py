"""Measures one peer with one number of threads; what fails is told in the record."""
import os

from common import environment
from . import child

COLD_STARTS = 3


def measure(workplace, name, threads, parts, reference, options):
    """The record: settings, and each of `parts` that the peer has."""
    record = {'peer': name, 'version': '', 'threads': threads, 'failures': []}
    try:
        record['version'] = workplace.prepare(name)
        if name == 'tokenizers':
            if 'tokenizer' in parts:
                with workplace.start(name, threads, {}) as running:
                    record['tokenizer'] = running.ask('tokenizer')
            return record
        settings = workplace.settings(name, threads, options.retune)
        record['settings'] = settings
        timed = [part for part in child.PARTS if part in parts]
        if timed or 'agreement' in parts:
            with workplace.start(name, threads, settings) as running:
                for part in timed:
                    record[part] = best(running, part, options.passes, options.question_count)
                if 'agreement' in parts and reference:
                    record['agreement'] = agreement(workplace, running, f'{name}-{threads}', reference)
        if 'cold' in parts or 'memory' in parts:
            _starts(workplace, name, threads, settings, record, 'memory' in parts)
    except (environment.CannotInstall, child.ChildFailed) as problem:
        record['failures'].append(str(problem))
    return record


def best(running, part, passes, question_count):
    """Of several answers the fastest."""
    command, key = (f'questions {question_count}', 'p50_ms') if part == 'questions' else (part, 'seconds')
    answer = min((running.ask(command) for _ in range(passes)), key=lambda answer: answer[key])
    if part != 'questions':
        answer['tokens_per_second'] = answer['tokens'] / answer['seconds']
    return answer


def agreement(workplace, running, title, reference):
    from . import agreement as comparison
    folder = workplace.path('vectors', title)
    os.makedirs(folder, exist_ok=True)
    for part in child.PARTS:
        running.ask(f"vectors {part} {os.path.join(folder, part + '.fbin')}")
    return comparison.compare(folder, reference)


def reference_name(folder):
    """Which peer made a reference, as far as its folder says."""
    try:
        with open(os.path.join(folder, 'made-by')) as file:
            return file.read().strip()
    except (OSError, TypeError):
        return 'given' if folder else 'none'


def lines(path):
    with open(path, 'rb') as file:
        return sum(1 for _ in file)


def _starts(workplace, name, threads, settings, record, with_peak):
    """Fresh processes, to their first vector; the last also takes the passages, for the peak."""
    seconds, resident = [], []
    for number in range(COLD_STARTS):
        with workplace.start(name, threads, settings) as running:
            seconds.append(running.cold_seconds)
            resident.append(running.memory()[0])
            if with_peak and number == COLD_STARTS - 1:
                running.ask('passages')
                record['peak_mb'] = running.memory()[1]
    record |= {'cold_seconds': min(seconds), 'resident_mb': min(resident)}
