"""The ladder of efforts, and figures at a given recall between two of its steps."""
import math

EFFORT_FIRST = 10
EFFORT_MAX = 3_000
RECALL_LAST = .995
TARGETS = (.90, .95, .99)

# A ladder whose recall has stopped rising is not climbed to its end.
SATURATED_STEPS, SATURATED_GAIN = 6, .0005


def ladder(first, step):
    """Efforts from `first` up, each about `step` times the one before."""
    effort = first
    while effort <= EFFORT_MAX:
        yield effort
        effort = max(effort + 1, round(effort * step))


def finished(points):
    """The last targets are reached, or can no longer be."""
    if points[-1]['recall'] >= RECALL_LAST:
        return True
    if len(points) <= SATURATED_STEPS:
        return False
    return points[-1]['recall'] - points[-1 - SATURATED_STEPS]['recall'] < SATURATED_GAIN


def bracket(points, target):
    """The neighbouring points around the first one that reaches `target`: two, one if it is the first, or none."""
    for position, point in enumerate(points):
        if point['recall'] >= target:
            return points[max(0, position - 1):position + 1]
    return []


def at(points, target, field, figures):
    """Interpolates between the two neighbours of `target`: the logarithm of each figure is linear in recall.

    `points` is the ladder, ordered by effort; point[field] holds the measured figures. None where never reached.
    """
    between = bracket(points, target)
    if not between or any(point.get(field) is None for point in between):
        return None
    low, high = between[0], between[-1]
    span = high['recall'] - low['recall']
    share = (target - low['recall']) / span if span > 0 else 1.0
    result = {figure: math.exp((1 - share) * math.log(low[field][figure]) + share * math.log(high[field][figure]))
              for figure in figures}
    if 'contended' in low[field]:
        result['contended'] = low[field]['contended'] or high[field]['contended']
    result['between'] = [{'effort': point['effort'], 'recall': point['recall'],
                          **{figure: point[field][figure] for figure in figures}} for point in between]
    return result


def effort_at(points, target):
    """The first effort of the ladder whose recall reaches `target`, or None."""
    between = bracket(points, target)
    return between[-1]['effort'] if between else None
