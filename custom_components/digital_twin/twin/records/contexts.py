"""The context of a person or a home: since when and until when, and those that are over.

A context other than `usual` has a beginning and may have an end, each a day or a time. A day that
is the end still belongs to the context. Contexts that are over are kept, so that it is known when
somebody was ill.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from ..enums import HomeContext, PersonContext, TwinEnum
from ..errors import Fault, fault, refuse
from ..values import PlainJson
from .fields import Context, Field, ObjectReader, PersonDay, RenderEach
from .limits import (
    DAY,
    TIME,
    Limits,
    limited,
    list_limits,
    with_null,
)
from .parsers import CLOCK_SKEW, day, instant, option

CONTEXT: Final = "context"
SINCE: Final = "context_since"
UNTIL: Final = "context_until"
PAST: Final = "past_contexts"
USUAL: Final = "usual"
MAX_PERIODS: Final = 200
# A context that was ended sooner was set by mistake.
SHORTEST: Final = timedelta(hours=1)
# Older days take no part in what is usual.
LATELY: Final = timedelta(days=100)
_INSTANT: Final = timedelta(microseconds=1)

type Moment = date | datetime


class ContextPeriod(NamedTuple):
    """A context from `since` until `until`, which is None while it lasts without a known end."""

    context: TwinEnum
    since: Moment
    until: Moment | None = None


class InContext(Protocol):
    """The fields that a person and a home have for their context."""

    @property
    def context(self) -> TwinEnum:
        """The present context."""

    @property
    def context_since(self) -> Moment | None:
        """The beginning of the present context, None for the usual one."""

    @property
    def context_until(self) -> Moment | None:
        """The end of the present context, None where it has none."""

    @property
    def past_contexts(self) -> tuple[ContextPeriod, ...]:
        """The contexts that are over, oldest first, without the usual one."""


def begins_at(since: Moment, days: PersonDay) -> datetime:
    """Return the moment (UTC) at which a context begins."""
    return since if isinstance(since, datetime) else days.start_of(since)


def ends_at(until: Moment, days: PersonDay) -> datetime:
    """Return the moment (UTC) at which a context ends: at the end of its last day."""
    return until if isinstance(until, datetime) else days.end_of(until)


def periods(twin: InContext) -> tuple[ContextPeriod, ...]:
    """Return every context of a twin but the usual one, the present one last."""
    if twin.context_since is None:
        return twin.past_contexts
    present = ContextPeriod(twin.context, twin.context_since, twin.context_until)
    return (*twin.past_contexts, present)


class DaySpan(NamedTuple):
    """Days from `since` until the day `until` on which they are over, None without an end."""

    since: date
    until: date | None


def span_of(period: ContextPeriod, days: PersonDay) -> DaySpan:
    """Return the days of a context."""
    until = None if period.until is None else days.day_of(ends_at(period.until, days))
    return DaySpan(days.day_of(begins_at(period.since, days)), until)


def spans(twin: InContext, contexts: Collection[str], days: PersonDay) -> tuple[DaySpan, ...]:
    """Return the days in some contexts; those that end on the day of their beginning are none."""
    found = (span_of(each, days) for each in periods(twin) if each.context in contexts)
    return tuple(each for each in found if each.until is None or each.since < each.until)


def days_within(
    twin: InContext,
    contexts: Collection[str],
    days: PersonDay,
    today: date,
    lately: timedelta = LATELY,
) -> frozenset[int]:
    """Return the days (ordinals) that lie in some contexts, or a part of them; not older ones."""
    found: set[int] = set()
    oldest = today - lately
    for each in periods(twin):
        if each.context in contexts:
            first = days.day_of(begins_at(each.since, days))
            end = None if each.until is None else ends_at(each.until, days) - _INSTANT
            last = today if end is None else min(today, days.day_of(end))
            found.update(range(max(first, oldest).toordinal(), last.toordinal() + 1))
    return frozenset(found)


def with_context(record: InContext, patch: Mapping[str, object]) -> Mapping[str, object]:
    """Complete a merge patch: the times of one context are not those of the next."""
    if CONTEXT not in patch:
        return patch
    wanted = patch[CONTEXT] or USUAL
    try:
        is_same = type(record.context).parse(str(wanted)) is record.context
    except ValueError:
        # The parser of the field refuses it.
        return patch
    return patch if is_same else {SINCE: None, UNTIL: None, **patch}


def context_faults(record: InContext, written: frozenset[str]) -> Iterable[Fault]:
    """Return the faults between the context of a record and its times."""
    if record.context == USUAL:
        for name in (SINCE, UNTIL):
            if name in written and getattr(record, name) is not None:
                yield fault("usual_context", name)
        return
    since, until = record.context_since, record.context_until
    if since is None or until is None or not {SINCE, UNTIL} & written:
        return
    both_times = isinstance(since, datetime) and isinstance(until, datetime)
    if (until <= since) if both_times else (_day(until) < _day(since)):
        yield fault("ends_before_start", UNTIL if UNTIL in written else SINCE)


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def derived_context[R: InContext](
    before: InContext | None, after: R, days: PersonDay, now: datetime
) -> R:
    """Return a new revision with what follows from a change of its context.

    A context without a beginning begins now. One that is over is kept in the past, with the end
    that it had if that has passed. What is already over when it is set is only put into the past:
    a context that began later stays.
    """
    present = ContextPeriod(after.context, after.context_since or now, after.context_until)
    past, left = after.past_contexts, _left(before, after, days, now)
    usual = type(after.context).parse(USUAL)
    if present.context is usual:
        past, present = (*past, *left), ContextPeriod(usual, now)
    elif present.until is not None and ends_at(present.until, days) <= now:
        stays = left and begins_at(left[0].since, days) >= ends_at(present.until, days)
        past = with_period(past if stays else (*past, *left), present, days)
        later = before if stays else None
        present = (
            ContextPeriod(later.context, later.context_since or now, later.context_until)
            if later
            else ContextPeriod(usual, now)
        )
    else:
        past = with_period((*past, *left), present, days)[:-1]
    is_usual = present.context is usual
    values: dict[str, Any] = {
        CONTEXT: present.context,
        SINCE: None if is_usual else present.since,
        UNTIL: present.until,
        PAST: tuple(each for each in past if _lasts(each, days))[-MAX_PERIODS:],
    }
    if all(getattr(after, name) == value for name, value in values.items()):
        return after
    return replace(after, **values)  # type: ignore[type-var]  # every record is a frozen dataclass


def _left(
    before: InContext | None, after: InContext, days: PersonDay, now: datetime
) -> tuple[ContextPeriod, ...]:
    """Return the context that a change ends, if it does: now, or at its end if that has passed."""
    if before is None or before.context_since is None or before.context is after.context:
        return ()
    planned = before.context_until
    is_over = planned is not None and ends_at(planned, days) <= now
    return (ContextPeriod(before.context, before.context_since, planned if is_over else now),)


def with_period(
    known: Iterable[ContextPeriod], new: ContextPeriod, days: PersonDay
) -> tuple[ContextPeriod, ...]:
    """Add a context to others, which end where it begins and begin again where it ends."""
    start = begins_at(new.since, days)
    end = None if new.until is None else ends_at(new.until, days)
    found = [new]
    for each in known:
        first = begins_at(each.since, days)
        last = None if each.until is None else ends_at(each.until, days)
        if (last is not None and last <= start) or (end is not None and first >= end):
            found.append(each)
            continue
        if first < start:
            found.append(each._replace(until=start))
        if end is not None and (last is None or last > end):
            found.append(each._replace(since=end))
    return tuple(sorted(found, key=lambda each: begins_at(each.since, days)))


def _lasts(period: ContextPeriod, days: PersonDay) -> bool:
    if period.until is None:
        return False
    return ends_at(period.until, days) - begins_at(period.since, days) >= SHORTEST


# A context of a person or a home.
ANY_CONTEXT: Final = Limits(
    type="string", options=tuple(dict.fromkeys([*PersonContext.slugs(), *HomeContext.slugs()]))
)
DAY_OR_TIME: Final = Limits(any_of=(DAY, TIME))
# A context with its times, as it is set in one call.
SET_CONTEXT: Final = Limits(
    type="object",
    parts={CONTEXT: ANY_CONTEXT, "since": DAY_OR_TIME, "until": DAY_OR_TIME},
    required=(CONTEXT,),
)


@limited(DAY_OR_TIME)
def day_or_time(value: object, context: Context) -> Moment:
    """Parse a day (`2026-03-01`) or a time; `invalid_time` for anything else.

    A time without an offset is local time at the household.
    """
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and len(value.strip()) == len("2026-03-01")):
        return day(value.strip() if isinstance(value, str) else value, context)
    return instant(value, context, context.days_of(None).zone)


@limited(DAY_OR_TIME)
def _beginning(value: object, context: Context) -> Moment:
    """Parse the beginning of a context, which is not in the future (`future_time`)."""
    parsed = day_or_time(value, context)
    if context.stored:
        return parsed
    if isinstance(parsed, datetime):
        is_future = parsed > context.now + CLOCK_SKEW
    else:
        # Where a person is, it may be tomorrow already.
        is_future = parsed > context.today + timedelta(days=1)
    if is_future:
        raise refuse("future_time", "", value=value)
    return parsed


_PERIOD: Final = Limits(
    type="object",
    parts={CONTEXT: Limits(type="string"), "since": DAY_OR_TIME, "until": DAY_OR_TIME},
    required=(CONTEXT, "since", "until"),
)


def _past_of(enum: type[TwinEnum]) -> Any:  # noqa: ANN401  # a parser with limits
    """Make a parser of past contexts: a list of `{context, since, until}`, oldest first."""
    usual = enum.parse(USUAL)

    @limited(list_limits(with_null(_PERIOD), MAX_PERIODS))
    def parse(value: object, context: Context) -> tuple[ContextPeriod, ...]:
        if not isinstance(value, list | tuple):
            raise refuse("wrong_type", "", value=value, expected="list")
        found = []
        for raw in value:
            form = ObjectReader(raw, context)
            form.only((CONTEXT, "since", "until"))
            period = ContextPeriod(
                form.required(CONTEXT, option(enum), usual),
                form.required("since", day_or_time, date.min),
                form.required("until", day_or_time, date.min),
            )
            form.raise_faults()
            found.append(period)
        return tuple(found)

    return parse


def moment_text(moment: Moment) -> str:
    """Return a day or a time as ISO 8601."""
    return moment.isoformat()


def period_document(period: ContextPeriod) -> dict[str, PlainJson]:
    """Return a context with its times as part of documents."""
    return {
        CONTEXT: period.context.value,
        "since": moment_text(period.since),
        "until": None if period.until is None else moment_text(period.until),
    }


def context_fields(enum: type[TwinEnum], *, private: bool = False) -> tuple[Field, ...]:
    """Return the fields of a context; with `private` a fault does not carry its value."""
    return (
        Field(CONTEXT, option(enum), default=enum.parse(USUAL), private=private),
        Field(SINCE, _beginning, render=moment_text),
        Field(UNTIL, day_or_time, render=moment_text),
        Field(PAST, _past_of(enum), render=RenderEach(period_document), default=(), read_only=True),
    )
