"""The command for what would be different: other dates, paces and values, or a device gone."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from ..engine.core.entity_ids import current_entity_id
from ..engine.documents import Document
from ..engine.home.view import HomeView
from ..twin.enums import OperationalStatus, PersonContext
from ..twin.errors import TwinError, fault, refuse, without_values
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.pauses import Pauses, pauses_in
from ..twin.goals.simulation import (
    SIMULATED_GOAL,
    GoalsOfDay,
    difference_document,
    simulate,
)
from ..twin.goals.slip import Slips
from ..twin.goals.suppositions import (
    GOAL_FIELD,
    KEY_RESULTS,
    MOST_SUPPOSED,
    SUPPOSED_GOAL,
    SupposedGoal,
    SupposedKeyResult,
    later_day,
    read_each,
    read_supposed_goal,
)
from ..twin.home.operational import CAUSE, HomeCause, IntegrationFact
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.units import accepted_unit, convert_unit, metric_of, spelled
from ..twin.records.contexts import CONTEXT, ContextPeriod, periods, with_period
from ..twin.records.fields import Context, FaultCollector, ObjectReader, PersonDay
from ..twin.records.limits import (
    TEXT,
    UUID,
    Limits,
    limits_of,
    list_limits,
    list_of,
    object_of,
    one_of,
    or_null,
    with_null,
)
from ..twin.records.naming import short_text
from ..twin.records.parsers import amount, day, option, texts
from ..twin.values import PlainJson
from .access import Actor, NotPermittedError
from .finder import twin_order
from .twins import PERSON_FIELD

GOALS: Final = "goals"
METRICS: Final = "metrics"
DEVICES_GONE: Final = "devices_gone"
INTEGRATIONS_GONE: Final = "integrations_gone"
CONTEXTS: Final = "contexts"
ALL: Final = (GOALS, METRICS, CONTEXTS, DEVICES_GONE, INTEGRATIONS_GONE)
METRIC: Final = "metric"
SUPPOSED_METRIC: Final = Limits(
    type="object",
    parts={
        PERSON_FIELD: TEXT,
        METRIC: Limits(type="string", format="metric"),
        "value": limits_of(amount),
        "unit": limits_of(short_text),
        "by": limits_of(day),
    },
    required=(PERSON_FIELD, METRIC, "value"),
)
SUPPOSED_CONTEXT: Final = Limits(
    type="object",
    parts={
        PERSON_FIELD: TEXT,
        CONTEXT: limits_of(option(PersonContext)),
        **dict.fromkeys(("since", "until"), limits_of(day)),
    },
    required=(PERSON_FIELD, CONTEXT),
)
# The data of the action, and the body of REST.
SUPPOSITIONS: Final = with_null(
    Limits(
        type="object",
        parts={
            GOALS: list_limits(SUPPOSED_GOAL, MOST_SUPPOSED),
            METRICS: list_limits(SUPPOSED_METRIC, MOST_SUPPOSED),
            CONTEXTS: list_limits(SUPPOSED_CONTEXT, MOST_SUPPOSED),
            DEVICES_GONE: limits_of(texts),
            INTEGRATIONS_GONE: limits_of(texts),
        },
    )
)
CAUSES: Final = list_of(CAUSE)
STATUS: Final = one_of(OperationalStatus, nullable=True)
SIMULATED: Final = object_of(
    goals=list_of(SIMULATED_GOAL),
    critical_path=or_null(object_of(before=list_of(UUID), after=list_of(UUID))),
    homes=list_of(
        object_of(
            home_id=UUID,
            name=TEXT,
            operational_status=object_of(before=STATUS, after=STATUS),
            causes=object_of(before=CAUSES, after=CAUSES),
        )
    ),
    silent=list_of(
        object_of(kind=Limits(type="string", options=("goal", "person")), twin_id=UUID, part=TEXT)
    ),
)


@dataclass(frozen=True, slots=True)
class _SupposedMetric:
    """A value that a metric of a person has today or on a day; without a unit the metric's own."""

    person: str
    metric: str
    value: float
    unit: str | None
    by: date | None


class _SupposedContext(NamedTuple):
    """A context of a person from a day, today unless given, until another one, or without end."""

    person: str
    period: ContextPeriod


@dataclass(frozen=True, slots=True)
class _Gone:
    """Devices and integrations that are gone, with all devices and entities that go with them."""

    devices: frozenset[str] = frozenset()
    integrations: tuple[IntegrationFact, ...] = ()
    entities: frozenset[str] = frozenset()


async def async_simulate(actor: Actor, reader: ObjectReader) -> Document:
    """Return what would be different of goals and homes, before and after; nothing is written.

    It is worked out from what the actor may read. Key results that follow a metric of somebody
    whose values are private can only be supposed by those who may read that person: the answer
    would tell the value. Raises `TwinError` with every fault, and `NotPermittedError`.
    """
    reader.only(ALL)
    context = actor.registry.context()
    goals: tuple[SupposedGoal, ...] = reader.optional(
        GOALS, partial(read_each, read=read_supposed_goal), ()
    )
    metrics: tuple[_SupposedMetric, ...] = reader.optional(
        METRICS, partial(read_each, read=_read_metric), ()
    )
    contexts: tuple[_SupposedContext, ...] = reader.optional(
        CONTEXTS, partial(read_each, read=_read_context), ()
    )
    devices: tuple[str, ...] = reader.optional(DEVICES_GONE, texts, ())
    integrations: tuple[str, ...] = reader.optional(INTEGRATIONS_GONE, texts, ())
    if not any(map(reader.has, ALL)):
        raise refuse("nothing_to_do", "", allowed=ALL)
    reader.raise_faults()
    collector = FaultCollector()
    supposed = [
        collector.take(f"{GOALS}[{index}]", partial(_found_goal, actor, each, index), each)
        for index, each in enumerate(goals)
    ]
    for index, metric in enumerate(metrics):
        find = partial(_followers, actor, metric, f"{METRICS}[{index}]")
        supposed += collector.take(f"{METRICS}[{index}]", find, [])
    no_pauses = dict[str, Pauses]()
    pauses = collector.take("", partial(_supposed_pauses, actor, contexts), no_pauses)
    gone = collector.take("", partial(_gone, actor.hass, devices, integrations), _Gone())
    collector.raise_faults()
    known = _known(actor)
    # A thousand goals take longer than the event loop should wait.
    found = await actor.hass.async_add_executor_job(simulate, known, supposed, context, pauses)
    before, after = found.path_before, found.path_after
    return {
        GOALS: [
            difference_document(each) for each in found.goals if actor.access.may_read(each.goal)
        ],
        "critical_path": (None if before == after else {"before": [*before], "after": [*after]}),
        "homes": [*_homes(actor, gone)],
        "silent": [*_silent(actor, gone.entities)],
    }


def _known(actor: Actor) -> GoalsOfDay:
    """Return the goals as they are, in a copy that does not change with them."""
    assessments = actor.runtime.assessments
    goals = {key: goal for key in actor.registry.goals if (goal := assessments.assessed(key))}
    found = {key: one for key in goals if (one := assessments.get(key))}
    slips = Slips(assessments.slips)
    return GoalsOfDay(goals, found, assessments.graph, slips, slips.today)


@without_values()
def _read_metric(value: object, context: Context) -> _SupposedMetric:
    reader = ObjectReader(value, context)
    reader.only(SUPPOSED_METRIC.parts)
    found = _SupposedMetric(
        reader.required(PERSON_FIELD, short_text, ""),
        reader.required(METRIC, short_text, ""),
        reader.required("value", amount, 0.0),
        reader.optional("unit", short_text, None),
        reader.optional("by", later_day, None),
    )
    reader.raise_faults()
    return found


@without_values()
def _read_context(value: object, context: Context) -> _SupposedContext:
    reader = ObjectReader(value, context)
    reader.only(SUPPOSED_CONTEXT.parts)
    usual = PersonContext.USUAL
    since = reader.optional("since", day, context.today)
    until = reader.optional("until", day, None)
    if until is not None and until < since:
        reader.add(fault("ends_before_start", "until"))
    found = _SupposedContext(
        reader.required(PERSON_FIELD, short_text, ""),
        ContextPeriod(reader.required(CONTEXT, option(PersonContext), usual), since, until),
    )
    reader.raise_faults()
    return found


def _supposed_pauses(actor: Actor, supposed: Iterable[_SupposedContext]) -> dict[str, Pauses]:
    """Return by goal what would be paused of it in other contexts, one after the other."""
    collector, days = FaultCollector(), PersonDay(dt_util.get_default_time_zone())
    periods_of = dict[str, tuple[ContextPeriod, ...]]()
    for index, each in enumerate(supposed):
        find = partial(_person_in_context, actor, each, f"{CONTEXTS}[{index}].{PERSON_FIELD}")
        if person := collector.take(f"{CONTEXTS}[{index}]", find, None):
            known = periods_of.get(person.person_id, periods(person))
            periods_of[person.person_id] = with_period(known, each.period, days)
    collector.raise_faults()
    paused = {
        person_id: pauses_in(several, actor.registry.effects, days)
        for person_id, several in periods_of.items()
    }
    return {
        goal.goal_id: pauses
        for person_id, pauses in paused.items()
        for goal in actor.registry.goals_of(person_id)
    }


def _person_in_context(actor: Actor, supposed: _SupposedContext, field: str) -> Person:
    person = actor.finder.chosen(PERSON, {PERSON_FIELD: supposed.person}, PERSON_FIELD)
    actor.access.require_read(person, field)
    return person


def _found_goal(actor: Actor, supposed: SupposedGoal, index: int) -> SupposedGoal:
    """Return a supposition with the ids of the goals that it names."""
    goal = actor.finder.chosen(GOAL, {GOAL_FIELD: supposed.goal}, GOAL_FIELD)
    actor.access.require_read(goal, f"{GOALS}[{index}].{GOAL_FIELD}")
    if supposed.key_results:
        _require_values(actor, goal, f"{GOALS}[{index}].{KEY_RESULTS}")
    patch = actor.finder.values(supposed.patch)
    return replace(supposed, goal=goal.goal_id, path=f"{GOALS}[{index}]", patch=patch)


def _require_values(actor: Actor, goal: Goal, field: str) -> None:
    owner = actor.registry.persons.get(goal.owner_person_id or "")
    if owner is not None and actor.registry.is_private(goal):
        actor.access.require_read(owner, field)
    if actor.registry.is_private(goal, actor.audiences):
        raise NotPermittedError("not_consented", field)


def _followers(actor: Actor, supposed: _SupposedMetric, path: str) -> list[SupposedGoal]:
    """Return what a value of a metric means for the goals that follow it."""
    person = actor.finder.chosen(PERSON, {PERSON_FIELD: supposed.person}, PERSON_FIELD)
    actor.access.require_read(person, f"{path}.{PERSON_FIELD}")
    metric = metric_of(supposed.metric, actor.registry.catalogue, METRIC)
    try:
        unit = accepted_unit(metric, supposed.unit)
    except TwinError as error:
        raise error.within("unit") from None
    found = []
    for goal in actor.registry.goals_of(person.person_id):
        parts = []
        for each in goal.progress_metrics:
            if each.metric != supposed.metric:
                continue
            value = convert_unit(supposed.value, unit, spelled(each.unit or metric.unit))
            parts.append(SupposedKeyResult(key_result=each.key, value=value, by=supposed.by))
        if parts:
            found.append(SupposedGoal(goal=goal.goal_id, path=path, key_results=tuple(parts)))
    return found


def _gone(hass: HomeAssistant, devices: Iterable[str], integrations: Iterable[str]) -> _Gone:
    """Find devices and integrations with what belongs to them.

    Raises `TwinError` with a `not_found` for each that is not there.
    """
    collector, now = FaultCollector(), dt_util.utcnow()
    device_registry, entity_registry = dr.async_get(hass), er.async_get(hass)
    entities: list[er.RegistryEntry] = []
    facts: list[IntegrationFact] = []
    for index, device_id in enumerate(devices):
        if device_registry.async_get(device_id) is None:
            collector.add(fault("not_found", f"{DEVICES_GONE}[{index}]", value=device_id))
        entities += er.async_entries_for_device(entity_registry, device_id)
    for index, domain in enumerate(integrations):
        entries = hass.config_entries.async_entries(domain, include_ignore=False)
        if not entries:
            field = f"{INTEGRATIONS_GONE}[{index}]"
            collector.add(fault("not_found", field, value=domain))
        for entry in entries:
            entry_id, title = entry.entry_id, entry.title
            facts.append(IntegrationFact(entry_id=entry_id, domain=domain, title=title, since=now))
            entities += er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    collector.raise_faults()
    return _Gone(frozenset(devices), tuple(facts), frozenset(each.entity_id for each in entities))


def _homes(actor: Actor, gone: _Gone) -> Iterator[PlainJson]:
    """Yield the homes whose status or causes would be others."""
    if not (gone.devices or gone.integrations):
        return
    for view in actor.runtime.observer.views.values():
        if not view.is_judged:
            continue
        before = view.operational
        after = actor.runtime.observer.supposed(view.home_id, gone.devices, gone.integrations)
        old = {cause.key: cause for cause in before.causes}
        new = {cause.key: cause for cause in after.causes}
        ended = [cause for key, cause in old.items() if new.get(key) != cause]
        begun = [cause for key, cause in new.items() if old.get(key) != cause]
        if ended or begun:
            yield {
                "home_id": view.home_id,
                "name": view.plan.home.name,
                "operational_status": {"before": before.status, "after": after.status},
                "causes": {"before": _causes(view, ended), "after": _causes(view, begun)},
            }


def _causes(view: HomeView, causes: Iterable[HomeCause]) -> list[PlainJson]:
    names = {device.device_id: device.name for device in view.devices}
    return [view.cause_document(cause, names) for cause in causes]


def _silent(actor: Actor, entities: Collection[str]) -> Iterator[PlainJson]:
    """Yield the key results and metrics all of whose sources would be gone."""
    for goal in sorted(actor.registry.goals.values(), key=twin_order):
        for each in goal.progress_metrics:
            entity = (each.source or {}).get("entity_id")
            if actor.access.may_read(goal) and _is_gone(actor.hass, (entity,), entities):
                yield {"kind": GOAL.name, "twin_id": goal.goal_id, "part": each.key}
    for person in sorted(actor.registry.persons.values(), key=twin_order):
        if not actor.access.may_read(person):
            continue
        for metric, sources in person.metric_sources.items():
            if _is_gone(actor.hass, [source.entity for source in sources], entities):
                yield {"kind": PERSON.name, "twin_id": person.person_id, "part": metric}


def _is_gone(hass: HomeAssistant, stored: Iterable[object], gone: Collection[str]) -> bool:
    present = [current_entity_id(hass, each) if isinstance(each, str) else None for each in stored]
    return bool(present) and all(each in gone for each in present)
