"""How child processes are started and how their ends are told."""
import signal

LOG_LINES_SHOWN = 2
# What Python's fault handler adds around its first line: paths of this machine, and no help.
LOG_NOISE = ('File "', 'Extension modules:', 'Thread 0x', 'Current thread 0x', 'Traceback ', '<no Python frame>')

# Libraries that start as many threads as there are cores are kept to one; two are asked for by a library's own setting.
ONE_THREAD = {name: '1' for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'RAYON_NUM_THREADS',
                                     'TOKIO_WORKER_THREADS', 'NUMEXPR_NUM_THREADS')}


def ending(code, log):
    """How a child ended, and the last lines of its log, in one line."""
    how = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return f"{how}: {last_lines(log)}"


def last_lines(path):
    """What a log ends with, without noise, in one line."""
    try:
        with open(path, errors='replace') as file:
            lines = [line.strip() for line in file]
    except OSError:
        lines = []
    lines = [line for line in lines if line and not line.startswith(LOG_NOISE)]
    return ' | '.join(lines[-LOG_LINES_SHOWN:]) or 'it printed nothing'
