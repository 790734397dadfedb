"""How rested a person is: a score from sleep and heart against their own usual values.

    readiness = 0.40 * sleep + 0.35 * variability + 0.25 * pulse

`sleep` is the sleep score as the tracker gives it. `variability` and `pulse` are 75 at what is
usual for this person (the median of the 28 days before) and move by 12.5 for each standard
deviation (1.4826 times the median absolute deviation) away from it: a higher heart rate
variability and a lower resting heart rate are better. All parts lie between 0 and 100. The score
is an orientation and not a medical measure; weights and slopes are choices of this project.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ..catalogue import Metric
from ..metrics.insight import JUDGED_FROM, Baseline

SLEEP = "sleep_score"
VARIABILITY = "heart_rate_variability"
PULSE = "resting_heart_rate"
WEIGHTS: Mapping[str, float] = MappingProxyType({SLEEP: 0.40, VARIABILITY: 0.35, PULSE: 0.25})

USUAL = 75.0
PER_SIGMA: Mapping[str, float] = MappingProxyType({VARIABILITY: 12.5, PULSE: -12.5})
BEST = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessInput:
    """What goes into the score: a fresh value, and what is usual for the person."""

    metric: Metric
    value: float | None
    baseline: Baseline | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessPart:
    """One part of the score: the value, what it is worth (0 to 100), and how much it counts."""

    value: float
    score: float
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """The score (0 to 100) with its parts; None while an input is `missing`."""

    score: int | None
    parts: Mapping[str, ReadinessPart]
    missing: tuple[str, ...]


def readiness(inputs: Iterable[ReadinessInput]) -> Readiness:
    """Make the score of its three inputs; without any of them there is none.

    An input is missing when it has no fresh value, or too little is known of what is usual (14 of
    28 days).
    """
    parts: dict[str, ReadinessPart] = {}
    for each in inputs:
        score = _score(each)
        if score is not None and each.value is not None:
            key = each.metric.key
            parts[key] = ReadinessPart(value=each.value, score=round(score, 1), weight=WEIGHTS[key])
    missing = tuple(key for key in WEIGHTS if key not in parts)
    whole = sum(part.score * part.weight for part in parts.values())
    return Readiness(
        score=None if missing else round(whole), parts=MappingProxyType(parts), missing=missing
    )


def _score(each: ReadinessInput) -> float | None:
    if each.value is None:
        return None
    if each.metric.key == SLEEP:
        return each.value
    if each.baseline is None or each.baseline.days < JUDGED_FROM:
        return None
    sigmas = each.baseline.deviation(each.metric, each.value)
    return min(max(USUAL + PER_SIGMA[each.metric.key] * sigmas, 0.0), BEST)
