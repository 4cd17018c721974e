"""What a result says of the machine it comes from."""
import os
import platform


def description():
    """Processor, cores, versions, and the load before the measurement; inside the environment only."""
    import numpy
    processor = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo') as file:
            processor = next(line.split(':', 1)[1].strip() for line in file if line.startswith('model name'))
    except (OSError, StopIteration):
        pass
    return {'processor': processor, 'cores': len(os.sched_getaffinity(0)), 'system': platform.system(),
            'python': platform.python_version(), 'numpy': numpy.__version__, 'load_before': os.getloadavg()[0]}


def instruction_sets():
    """What the CPU can do, so that settings tuned on one are not taken for another of the same name."""
    try:
        with open('/proc/cpuinfo') as file:
            return next((line.split(':', 1)[1].split() for line in file if line.startswith(('flags', 'Features'))), [])
    except OSError:
        return []
