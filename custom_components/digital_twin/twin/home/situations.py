"""What is wrong at homes, in sentences, and what that makes unreliable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from ..enums import OperationalStatus
from ..values import Wording
from .operational import CauseKind, HomeCause, Operational

# The most goals of a sentence; of more the number is told.
MOST_GOALS: Final = 3


class UnheardMetric(NamedTuple):
    """A metric of a person without a source; `since` is the day of its last value if it is stale.

    `own_name` is that which the household gave it.
    """

    person: str
    metric: str
    own_name: str | None
    since: date | None


class CauseEffect(NamedTuple):
    """What has no new values because of a cause: metrics, and goals by their codes and names.

    `is_felt`: whether one of them has been without for too long, so that goals are unreliable.
    """

    metrics: Sequence[UnheardMetric]
    goals: Sequence[str]
    is_felt: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeSituation:
    """A home: the levels of low batteries (per cent) by device, and when others run out by name.

    `effects`: what causes make unreliable, by the key of the cause, where that is told.
    """

    home_id: str
    name: str
    operational: Operational
    levels: Mapping[str, float]
    batteries: Sequence[tuple[str, date]] = ()
    effects: Mapping[str, CauseEffect] = field(default_factory=dict)


def cause_texts(words: Wording, homes: Sequence[HomeSituation]) -> list[str]:
    """Return what is wrong at the homes, alerts first."""
    causes = [(home, cause) for home in homes for cause in home.operational.causes]
    causes.sort(key=lambda each: each[1].severity is not OperationalStatus.ALERT)
    found = [(home, _situation_text(words, home, cause)) for home, cause in causes]
    found += [(home, words.say("starting")) for home in homes if not home.operational.status]
    if len(homes) == 1:
        return [text for _, text in found]
    return [words.say("of", name=words.name(home.name), text=text) for home, text in found]


def _situation_text(words: Wording, home: HomeSituation, cause: HomeCause) -> str:
    text = cause_text(words, cause, home.levels.get(cause.device_id or ""))
    effect = home.effects.get(cause.key)
    if effect is None:
        return text
    return f"{chain_text(words, text, effect, spoken=not words.markdown)}."


def cause_text(words: Wording, cause: HomeCause, level: float | None = None) -> str:
    """Return a cause as a sentence; `level` is that of a low battery (per cent), if it is known."""
    key = f"cause_{cause.kind}"
    values = {"name": words.name(cause.name), "since": words.since(cause.since)}
    if cause.kind is CauseKind.MANY_DEVICES_OFFLINE:
        return words.counted(key, len(cause.affects), **values)
    if cause.kind is CauseKind.LOW_BATTERY and level is not None:
        return words.say(f"{key}_level", level=f"{level:.0f}", **values)
    text = words.say(key, **values)
    return words.say("cause_silent", text=text) if cause.silent else text


def chain_text(words: Wording, cause: str, effect: CauseEffect, *, spoken: bool = False) -> str:
    """Return what follows from a cause, step by step, without a full stop; see `chained`."""
    steps = [cause.rstrip(".")]
    if effect.metrics:
        names = [
            words.say(
                "metric_of_person",
                metric=words.metric(each.metric, each.own_name),
                person=words.name(each.person),
            )
            for each in effect.metrics
        ]
        days = [each.since for each in effect.metrics if each.since]
        is_known = len(days) == len(effect.metrics)
        day = words.day(min(days)) if is_known else ""
        key = "chain_metrics_since" if is_known else "chain_metrics"
        steps.append(words.say(key, metrics=words.listed(names), day=day))
    if effect.goals:
        shown = [*map(words.name, effect.goals[:MOST_GOALS])]
        if left := len(effect.goals) - len(shown):
            shown.append(words.say("chain_more", count=str(left)))
        key = "chain_goal" if effect.is_felt else "chain_unheard"
        key += "" if len(effect.goals) == 1 else "s"
        steps.append(words.say(key, goals=words.listed(shown)))
    return chained(words, steps, spoken=spoken)


def chained(words: Wording, steps: Sequence[str], *, spoken: bool = False) -> str:
    """Return steps of which each follows from the one before it, with arrows between them.

    A `spoken` text has words instead: nobody reads an arrow aloud.
    """
    text = steps[0]
    for index, step in enumerate(steps[1:]):
        # "A, so B, and C": two times "so" is hard to follow.
        key = ("chain_spoken_on" if index else "chain_spoken") if spoken else "chain"
        text = words.say(key, text=text, step=step)
    return text
