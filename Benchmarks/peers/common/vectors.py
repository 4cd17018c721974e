"""Vectors and truth in the formats of the big-ann benchmarks, and recall.

`fbin`: uint32 count, uint32 dimension, then float32 rows. `ibin`: uint32 count, uint32 k, then int32 ids, nearest
first. Little-endian. All vectors are unit-length; the metric is the inner product.
"""
import hashlib
import os

import numpy

TRUTH_K = 100
BLOCK_BYTES = 256 << 20


class BadFile(Exception):
    """Says in one sentence what is wrong with an input file."""


def read_fbin(path, limit=None):
    """The float32 rows, at most `limit` of them."""
    return _read(path, '<f4', limit)


def read_ibin(path):
    return _read(path, '<i4', None)


def shape(path, limit=None):
    """(count, dimension) from the header, the count at most `limit`."""
    try:
        header = numpy.fromfile(path, dtype='<u4', count=2)
    except OSError as problem:
        raise BadFile(f"cannot read {path}: {problem.strerror}") from None
    if header.size != 2:
        raise BadFile(f"{path} is too short for a header")
    count, width = int(header[0]), int(header[1])
    if os.path.getsize(path) != 8 + 4 * count * width:
        raise BadFile(f"{path} should have {8 + 4 * count * width} bytes for {count} x {width} values, "
                      f"but has {os.path.getsize(path)}")
    return (count if limit is None else min(count, limit)), width


def write_fbin(path, rows):
    _write(path, rows.astype('<f4'))


def write_ibin(path, ids):
    _write(path, ids.astype('<i4'))


def digest(path, limit=None):
    """Names the data: SHA-256 over the rows used."""
    count, width = shape(path, limit)
    left, digest = 4 * count * width, hashlib.sha256(f'{count} {width}'.encode())
    with open(path, 'rb') as file:
        file.seek(8)
        while left > 0:
            chunk = file.read(min(left, 1 << 24))
            if not chunk:
                raise BadFile(f"{path} ends early")
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def exact(base, queries, k):
    """Ids of the `k` largest inner products, (queries, k), largest first; equal products by smaller id."""
    k = min(k, len(base))
    found = numpy.empty((len(queries), k), dtype=numpy.int32)
    step = max(1, BLOCK_BYTES // (4 * max(1, len(base))))
    for start in range(0, len(queries), step):
        scores = queries[start:start + step] @ base.T
        if k < len(base):
            candidates = numpy.argpartition(-scores, k - 1, axis=1)[:, :k]
        else:
            candidates = numpy.tile(numpy.arange(len(base)), (len(scores), 1))
        values = numpy.take_along_axis(scores, candidates, axis=1)
        order = numpy.lexsort((candidates, -values), axis=1)
        found[start:start + step] = numpy.take_along_axis(candidates, order, axis=1)
    return found


def recall(found, truth, k):
    """Mean share of the true first `k` ids among the found ones. Rows shorter than `k` are padded with -1."""
    hits = 0
    for row, true in zip(numpy.asarray(found), truth):
        hits += numpy.isin(true[:k], row[:k]).sum()
    return float(hits) / (len(truth) * k)


def _read(path, kind, limit):
    count, width = shape(path, limit)
    return numpy.fromfile(path, dtype=kind, count=count * width, offset=8).reshape(count, width)


def _write(path, rows):
    partial = path + '.part'
    with open(partial, 'wb') as file:
        numpy.array(rows.shape, dtype='<u4').tofile(file)
        rows.tofile(file)
    os.replace(partial, path)
