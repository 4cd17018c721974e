"""How far vectors are from the reference, and how often they find the same nearest passages."""
import os

import numpy

from common import vectors
from .child import PARTS

NEAREST = 10


def compare(folder, reference):
    """Lowest and mean cosine by part, and the share of the same nearest passages of the mixed texts."""
    result, found, true = {}, {}, {}
    for part in PARTS:
        found[part] = vectors.read_fbin(os.path.join(folder, part + '.fbin'))
        true[part] = vectors.read_fbin(os.path.join(reference, part + '.fbin'))
        if found[part].shape != true[part].shape:
            raise vectors.BadFile(f'the {part} of {reference} have shape {true[part].shape}, not {found[part].shape}: '
                                  'they are of other texts')
        rows, others = (array.astype(numpy.float64) for array in (found[part], true[part]))
        cosines = (rows * others).sum(axis=1) / numpy.linalg.norm(rows, axis=1) / numpy.linalg.norm(others, axis=1)
        result[part] = {'lowest': float(cosines.min()), 'mean': float(cosines.mean())}
    pairs = [vectors.exact(side['passages'], side['mixed'], NEAREST) for side in (found, true)]
    result['same_top_10'] = vectors.recall(pairs[0], pairs[1], NEAREST)
    return result
