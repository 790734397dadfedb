"""Days on which the plan of a goal stands still because of the context of its owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ..enums import ContextEffect, TwinEnum
from ..records.context_effects import Effects
from ..records.contexts import ContextPeriod, InContext, periods, span_of
from ..records.fields import PersonDay
from ..records.limits import DAY, TEXT, list_of, object_of, one_of, or_null
from ..values import PlainJson
from .forecast import HORIZON, Forecast, ForecastState
from .plan import Hold, Plan


@dataclass(frozen=True, slots=True)
class Pauses:
    """What the contexts of the owner of a goal pause.

    `plans`: the days on which its plan stands still. `stalled`: those that do not count as a
    standstill. `told`: the contexts of both, with what each of them pauses.
    """

    plans: tuple[Hold, ...] = ()
    stalled: tuple[Hold, ...] = ()
    told: tuple[tuple[TwinEnum, Hold, tuple[ContextEffect, ...]], ...] = ()

    def standing_since(self, today: date) -> date | None:
        """Return since when the plan stands still today; None if it does not."""
        for since, until in joined(self.plans):
            if since <= today and (until is None or today < until):
                return since
        return None


NO_PAUSES = Pauses()
OF_GOALS: Final = (ContextEffect.PLANS, ContextEffect.STALLED)


def pauses_of(owner: InContext | None, effects: Effects, days: PersonDay) -> Pauses:
    """Return what the contexts of the owner of a goal pause; `days` are those of the household."""
    known = periods(owner) if owner else ()
    return pauses_in(known, effects, days) if known else NO_PAUSES


def pauses_in(known: Iterable[ContextPeriod], effects: Effects, days: PersonDay) -> Pauses:
    """Return what contexts pause of the goals of the person whose they are."""
    told = []
    for each in known:
        hold = Hold(*span_of(each, days))
        what = tuple(effect for effect in OF_GOALS if each.context in effects[effect])
        if what and (hold.until is None or hold.since < hold.until):
            told.append((each.context, hold, what))
    plans, stalled = (
        tuple(hold for _context, hold, what in told if effect in what) for effect in OF_GOALS
    )
    return Pauses(plans, stalled, tuple(told))


# The pauses of a goal, in its document.
PAUSES_PART: Final = list_of(
    object_of(
        context=or_null(TEXT), since=DAY, until=or_null(DAY), effects=list_of(one_of(ContextEffect))
    )
)


def pauses_document(pauses: Pauses, start: date | None, *, named: bool) -> list[PlainJson]:
    """Return what contexts of the owner paused of a goal since its start, as part of documents.

    Without `named` the contexts themselves are left out: they may tell of health.
    """
    return [
        {
            "context": context.value if named else None,
            "since": hold.since.isoformat(),
            "until": hold.until.isoformat() if hold.until else None,
            "effects": [effect.value for effect in what],
        }
        for context, hold, what in pauses.told
        if start is None or hold.until is None or hold.until > start
    ]


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


def postponed(foretold: Forecast, holds: Iterable[Hold], today: date) -> Forecast:
    """Return a forecast after the days on which the plan is going to stand still.

    What lies in a hold that has an end comes on top: nothing is expected of these days. One
    without an end moves nothing: nobody knows when it goes on.
    """
    ahead = [hold for hold in joined(holds) if hold.until is not None and hold.until > today]
    if foretold.state is not ForecastState.FINISH or not ahead:
        return foretold
    given = foretold.finish, foretold.early, foretold.late
    finish, early, late = (_postponed(day, ahead, today) for day in given)
    if finish is None or (finish - today).days > HORIZON:
        return Forecast(state=ForecastState.TOO_FAR, per_week=foretold.per_week)
    is_known = late is not None and (late - today).days <= HORIZON
    return replace(foretold, finish=finish, early=early, late=late if is_known else None)


def _postponed(day: date | None, holds: Iterable[Hold], today: date) -> date | None:
    for since, until in holds:
        begin = max(since, today)
        if day is not None and until is not None and begin <= day:
            day += until - begin
    return day
