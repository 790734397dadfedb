"""Days on which the plan of a goal stands still because of the context of its owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ..enums import ContextEffect
from ..records.contexts import ContextPeriod, Effects, InContext, periods, spans
from ..records.fields import PersonDay
from .plan import Hold, Plan


@dataclass(frozen=True, slots=True)
class Pauses:
    """What the contexts of the owner of a goal pause.

    `plans`: the days on which its plan stands still. `stalled`: those that do not count as a
    standstill. `present`: the present context, if it pauses one of them.
    """

    plans: tuple[Hold, ...] = ()
    stalled: tuple[Hold, ...] = ()
    present: ContextPeriod | None = None


NO_PAUSES = Pauses()


def pauses_of(owner: InContext | None, effects: Effects, days: PersonDay) -> Pauses:
    """Return what the contexts of the owner of a goal pause; `days` are those of the household."""
    if owner is None or not (known := periods(owner)):
        return NO_PAUSES
    plans, stalled = effects[ContextEffect.PLANS], effects[ContextEffect.STALLED]
    last = known[-1] if owner.context_since is not None else None
    return Pauses(
        tuple(Hold(*each) for each in spans(owner, plans, days)),
        tuple(Hold(*each) for each in spans(owner, stalled, days)),
        last if last and last.context in plans | stalled else None,
    )


def joined(*several: Iterable[Hold]) -> tuple[Hold, ...]:
    """Return holds as one list in order, in which none overlap.

    >>> joined([Hold(date(2026, 3, 5), date(2026, 3, 9))], [Hold(date(2026, 3, 1), None)])
    (Hold(since=datetime.date(2026, 3, 1), until=None),)
    """
    found: list[Hold] = []
    for hold in sorted((hold for holds in several for hold in holds), key=lambda each: each.since):
        last = found[-1] if found else None
        if last is None or (last.until is not None and last.until < hold.since):
            found.append(hold)
        elif last.until is not None:
            until = None if hold.until is None else max(last.until, hold.until)
            found[-1] = Hold(last.since, until)
    return tuple(found)


def days_held(holds: Sequence[Hold], since: date, today: date) -> int:
    """Return how many of the days from `since` until today lie in holds that do not overlap."""
    return sum(
        max(0, (min(hold.until or today, today) - max(hold.since, since)).days) for hold in holds
    )


def resumption(plan: Plan, day: date) -> date:
    """Return the day on which a plan goes on that stands still on a day; else the day itself.

    It is the day itself, too, while nobody knows when it goes on.
    """
    for since, until in plan.holds:
        if until is not None and since <= day < until:
            return until
    return day
