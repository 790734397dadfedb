"""The readiness score: how rested a person is, from sleep, heart rate variability and pulse."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..catalogue import Metric
from ..values import PlainJson
from .insight import JUDGED_FROM, Baseline

SLEEP = "sleep_score"
VARIABILITY = "heart_rate_variability"
PULSE = "resting_heart_rate"
WEIGHTS: Mapping[str, float] = MappingProxyType({SLEEP: 0.40, VARIABILITY: 0.35, PULSE: 0.25})

# Below this score a rest comes first.
RESTED_FROM = 50
USUAL = 75.0
PER_SIGMA: Mapping[str, float] = MappingProxyType({VARIABILITY: 12.5, PULSE: -12.5})
BEST = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessInput:
    """An input of the score: a fresh value and the baseline of the person."""

    metric: Metric
    value: float | None
    baseline: Baseline | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadinessPart:
    """One part of the score: the value, its score (0 to 100) and its weight."""

    value: float
    score: float
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """The score (0 to 100) with its parts; None while an input is `missing`."""

    score: int | None
    parts: Mapping[str, ReadinessPart]
    missing: tuple[str, ...]


NO_READINESS: Final = Readiness(score=None, parts=MappingProxyType({}), missing=())


def readiness(inputs: Iterable[ReadinessInput]) -> Readiness:
    """Return the score of the three inputs; None if one is missing.

    An input is missing without a fresh value, or without a baseline of 14 of 28 days.
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


def readiness_document(found: Readiness) -> dict[str, PlainJson]:
    """Return the readiness as part of documents."""
    return {
        "score": found.score,
        "parts": {
            key: {"value": part.value, "score": part.score, "weight": part.weight}
            for key, part in found.parts.items()
        },
        "missing": list(found.missing),
    }
