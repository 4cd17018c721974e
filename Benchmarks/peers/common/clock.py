"""Time of wall and CPU side by side, and resident memory of this process."""
import contextlib
import ctypes
import gc
import statistics
import time

CONTENDED_SHARE = 0.10


class Timing:
    """Wall and CPU seconds of one piece of work that should keep `threads` threads busy."""

    def __init__(self, wall, cpu, threads):
        self.wall, self.cpu, self.threads = wall, cpu, threads

    @property
    def contended(self):
        """Wall and CPU time disagree by over 10 %: another program had the core, or more threads ran than asked."""
        return abs(self.cpu / (self.wall * self.threads) - 1) > CONTENDED_SHARE

    def summary(self):
        return {'wall_seconds': self.wall, 'cpu_seconds': self.cpu, 'threads': self.threads,
                'contended': self.contended}


@contextlib.contextmanager
def timed(threads=1):
    """Yields a list that holds one `Timing` afterwards. No garbage collection runs inside."""
    result = []
    gc.collect()
    gc.disable()
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        yield result
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        result.append(Timing(wall, cpu, threads))
    finally:
        gc.enable()


def rate(count, timings):
    """Things per second from several passes over `count` things: the pass with the median wall time."""
    middle = sorted(timings, key=lambda timing: timing.wall)[(len(timings) - 1) // 2]
    return {'qps': count / middle.wall, 'qps_of_cpu_time': count * middle.threads / middle.cpu,
            'contended': middle.contended,
            'passes': [{'wall_seconds': timing.wall, 'cpu_seconds': timing.cpu} for timing in timings]}


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def latencies(search, queries):
    """p50 and p99 in microseconds, of wall and CPU time of each single call."""
    gc.collect()
    gc.disable()
    try:
        # Reading the clocks itself takes about a microsecond of CPU time.
        _, reading = _calls(lambda query: None, queries)
        walls, cpus = _calls(search, queries)
    finally:
        gc.enable()
    overhead = percentile(sorted(reading), .50)
    walls, cpus = sorted(walls), sorted(max(0, cpu - overhead) for cpu in cpus)
    return {'p50_us': percentile(walls, .50) / 1e3, 'p99_us': percentile(walls, .99) / 1e3,
            'p50_cpu_us': percentile(cpus, .50) / 1e3, 'p99_cpu_us': percentile(cpus, .99) / 1e3}


def _calls(search, queries):
    walls, cpus = [], []
    for query in queries:
        cpu = time.process_time_ns()
        wall = time.perf_counter_ns()
        search(query)
        walls.append(time.perf_counter_ns() - wall)
        cpus.append(time.process_time_ns() - cpu)
    return walls, cpus


def median_of(records):
    """The median of every number in records of the same shape."""
    return {key: statistics.median(record[key] for record in records) for key in records[0]}


def resident():
    """Bytes of this process in memory, after giving free heap pages back; pages of huge-page pools count too."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
    return sum(status(name) for name in ('VmRSS', 'HugetlbPages'))


def forget_peak():
    """Starts a new measurement of the largest resident size."""
    with contextlib.suppress(OSError), open('/proc/self/clear_refs', 'w') as file:
        file.write('5')


def peak():
    return status('VmHWM')


def status(name):
    """Bytes of one line of this process's status, such as VmRSS."""
    with open('/proc/self/status') as file:
        for line in file:
            if line.startswith(name + ':'):
                return int(line.split()[1]) * 1024
    return 0
