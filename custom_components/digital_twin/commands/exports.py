"""The command that exports a twin as one document, as it is or with invented values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, cast

from homeassistant.const import __version__
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..engine.core.files import MAJOR_VERSION, MINOR_VERSION
from ..engine.core.journal import KEPT_FOR, VERSION
from ..engine.core.registry import KINDS
from ..engine.documents import Document
from ..engine.health.statistics import statistic_id
from ..engine.runtime import Runtime
from ..twin.catalogue import CATALOGUE, Metric
from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.references import Twin
from ..twin.goals.synthetic_twins import SyntheticTwins
from ..twin.home.home import HOME, Home
from ..twin.metrics.consent import Audiences, discloses
from ..twin.metrics.history import Day, history_document
from ..twin.metrics.household_metrics import metric_document
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.synthetic_health import SyntheticHealth
from ..twin.records.contexts import CONTEXT, PAST, SINCE, UNTIL
from ..twin.records.limits import (
    ANY,
    TEXT,
    TIME,
    TRUTH,
    UUID,
    WHOLE,
    Limits,
    list_of,
    object_of,
    or_null,
)
from ..twin.records.synthetic import Invention
from ..twin.records.timeline import TwinKey
from ..twin.values import PlainJson
from .access import Actor, readable_parts
from .changes import CHANGE_PARTS, async_changes, change_document

# Raised when the parts of an export change their meaning.
EXPORT_VERSION: Final = 1
# The most twins that are exported as stubs because the twin refers to them.
MOST_RELATED: Final = 100
# What the stub of a person has; all else is empty.
OF_STUBS: Final = ("person_id", "name", "day_start", "health_entities", "revision", "last_updated")
OF_CONTEXTS: Final = ("timezone", CONTEXT, SINCE, UNTIL, PAST)

_OBJECT: Final = Limits(type="object", others=ANY)
EXPORT: Final = object_of(
    export=WHOLE,
    synthetic=TRUTH,
    exported_at=TIME,
    versions=object_of(integration=TEXT, home_assistant=TEXT, store=TEXT, journal=WHOLE),
    kind=Limits(type="string", options=tuple(KINDS)),
    id=UUID,
    record=_OBJECT,
    shown=_OBJECT,
    related=object_of(persons=list_of(_OBJECT), homes=list_of(_OBJECT), goals=list_of(_OBJECT)),
    household=object_of(
        time_zone=TEXT, today=Limits(type="string", format="date"), metrics=list_of(_OBJECT)
    ),
    histories=_OBJECT,
    folder=or_null(_OBJECT),
    memory=or_null(_OBJECT),
    entities=list_of(TEXT),
    statistics=list_of(TEXT),
    changes=list_of(object_of(**CHANGE_PARTS)),
    not_listed=WHOLE,
    known_since=or_null(TIME),
    damaged=WHOLE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """What is kept of a twin, and of those that it refers to, as plain data."""

    kind: str
    twin_id: str
    document: Document
    related: Mapping[str, list[Document]]
    days: Mapping[str, Mapping[int, Day]]
    metrics: list[Metric]
    folder: Document | None
    memory: Document | None
    entities: list[str]
    changes: list[Document]
    known_since: datetime | None
    now: datetime


async def async_export_twin(
    actor: Actor, kind: str, twin: Twin, field: str, *, synthetic: bool = False, seed: str = ""
) -> Document:
    """Return everything that is kept of a twin as one document.

    With `synthetic` everything that people wrote or measured is invented, in the same shape: the
    same for the same twin and `seed`. `field` is the one that a missing permission names. The last
    500 changes are in it.
    """
    actor.access.require_read(twin, field)
    runtime, registry, now = actor.runtime, actor.registry, dt_util.utcnow()
    readable = readable_parts(actor, kind, twin)
    key = TwinKey(kind, readable.twin_id)
    found = await async_changes(actor, now - KEPT_FOR, now, keys={key}, health=False)
    # Meanwhile it may have changed, or be gone.
    present = cast("Twin", registry.get(KINDS[kind], key.twin_id))
    actor.access.require_read(present, field)
    readable = readable_parts(actor, kind, present)
    document = registry.document(KINDS[kind], present)
    if readable.audiences:
        told = readable.document(runtime)
        document = {name: told[name] for name in KINDS[kind].fields}
    kept = _Kept(
        kind=kind,
        twin_id=key.twin_id,
        document=document,
        related=_related(actor, kind, present),
        days=_days(actor, present, readable.audiences),
        metrics=[each for each in registry.catalogue.values() if each.key not in CATALOGUE],
        folder=_folder(runtime, present, readable.audiences),
        memory=runtime.observer.remembered(key.twin_id) if kind == HOME.name else None,
        entities=_entities(actor.hass, key.twin_id),
        changes=[change_document(each) for each in found.changes],
        known_since=found.known_since,
        now=now,
    )
    invention = Invention(f"{key.twin_id}\0{seed}", keeps_ids=not synthetic)
    health = SyntheticHealth(invention, dict(registry.catalogue))
    twins = SyntheticTwins(health, dt_util.as_local(now).date())
    parts = await actor.hass.async_add_executor_job(
        _synthetic_parts if synthetic else _real_parts, kept, twins
    )
    return {
        "export": EXPORT_VERSION,
        "synthetic": synthetic,
        "versions": {
            "integration": str(async_get_loaded_integration(actor.hass, DOMAIN).version),
            "home_assistant": __version__,
            "store": f"{MAJOR_VERSION}.{MINOR_VERSION}",
            "journal": VERSION,
        },
        "kind": kind,
        "shown": _shown(runtime, kind, key.twin_id),
        **parts,
        "not_listed": found.left,
        "damaged": found.damaged,
    }


def _real_parts(kept: _Kept, twins: SyntheticTwins) -> Document:
    """Return what is kept as it is; only the twins that it refers to are invented."""
    stubs = _settled(twins, partial(_stubs, kept, twins))
    return {
        "id": kept.twin_id,
        "exported_at": kept.now.isoformat(),
        "record": kept.document,
        "related": stubs,
        "household": _household(twins, _defined(kept)),
        "histories": {key: history_document(days) for key, days in kept.days.items()},
        "folder": kept.folder,
        "memory": kept.memory,
        "entities": [*kept.entities],
        "statistics": [statistic_id(kept.twin_id, key) for key in kept.days],
        "changes": [*kept.changes],
        "known_since": kept.known_since.isoformat() if kept.known_since else None,
    }


def _synthetic_parts(kept: _Kept, twins: SyntheticTwins) -> Document:
    """Return the same parts with invented values."""
    invention, health = twins.invention, twins.health
    twin_id = invention.twin_id(kept.twin_id)

    def parts() -> Document:
        days: Document = {
            health.metric(key): history_document(health.days(kept.twin_id, key, each))
            for key, each in kept.days.items()
        }
        folder = kept.folder
        return {
            "id": twin_id,
            "exported_at": invention.moment(kept.now).isoformat(),
            "record": twins.document(KINDS[kept.kind], kept.document),
            "related": _stubs(kept, twins),
            "household": _household(twins, [*map(health.household_metric, _defined(kept))]),
            "histories": days,
            "folder": folder and twins.folder(folder),
            "memory": kept.memory and twins.memory(kept.memory),
            "entities": [invention.entity(each) for each in kept.entities],
            "statistics": [statistic_id(twin_id, key) for key in days],
            "changes": [twins.change(each) for each in kept.changes],
            "known_since": (
                invention.moment(kept.known_since).isoformat() if kept.known_since else None
            ),
        }

    return _settled(twins, parts)


def _defined(kept: _Kept) -> list[dict[str, PlainJson]]:
    return [metric_document(each) for each in kept.metrics]


def _settled[T](twins: SyntheticTwins, make: Callable[[], T]) -> T:
    """Return what is made when all its times are known, so that they can be put in order."""
    make()
    twins.invention.settle()
    return make()


def _stubs(kept: _Kept, twins: SyntheticTwins) -> Document:
    return {
        f"{kind}s": [twins.document(KINDS[kind], each) for each in documents]
        for kind, documents in kept.related.items()
    }


def _household(twins: SyntheticTwins, metrics: list[dict[str, PlainJson]]) -> Document:
    zone = str(dt_util.get_default_time_zone())
    return {"time_zone": zone, "today": twins.today.isoformat(), "metrics": [*metrics]}


def _related(actor: Actor, kind: str, twin: Twin) -> dict[str, list[Document]]:
    """Return the twins that a twin refers to, and those that they refer to, as stubs."""
    registry = actor.registry
    found: dict[str, dict[str, Document]] = {name: {} for name in KINDS}
    waiting = [*_references(twin)]
    seen = {(kind, KINDS[kind].id_of(twin))}
    while waiting and len(seen) <= MOST_RELATED:
        name, twin_id = waiting.pop(0)
        other = cast("Twin | None", registry.records(name).get(twin_id))
        if other is None or (name, twin_id) in seen:
            continue
        seen.add((name, twin_id))
        waiting += _references(other)
        document = registry.document(KINDS[name], other)
        if isinstance(other, Person):
            # Whoever may not read the person may know the context that everybody sees.
            is_told = other.health_entities or actor.access.may_read(other)
            wanted = {*OF_STUBS, *(OF_CONTEXTS if is_told else ())}
            document = {name: part for name, part in document.items() if name in wanted}
        found[name][twin_id] = document
    return {name: [*documents.values()] for name, documents in found.items()}


def _references(twin: Twin) -> list[tuple[str, str]]:
    match twin:
        case Goal():
            goals = [(GOAL.name, each) for each in twin.dependencies]
            return [*goals, *([(PERSON.name, owner)] if (owner := twin.owner_person_id) else [])]
        case Home():
            return [(PERSON.name, each) for each in twin.residents]
    # Where somebody is at this moment is no part of what is kept of their home.
    return []


def _days(actor: Actor, twin: Twin, audiences: Audiences) -> dict[str, dict[int, Day]]:
    """Return the days of the metrics of a person that all of some audiences may know."""
    if not isinstance(twin, Person):
        return {}
    histories = actor.registry.histories(twin.person_id).items()
    return {
        metric: dict(history.days)
        for metric, history in histories
        if discloses(twin, (metric,), audiences)
    }


def _folder(runtime: Runtime, twin: Twin, audiences: Audiences) -> Document | None:
    """Return the file that a goal came from, and what it says if no value in it is private."""
    if not isinstance(twin, Goal) or not (known := runtime.goals_folder.remembered(twin.goal_id)):
        return None
    said = {} if runtime.registry.is_private(twin, audiences) else {**known.before}
    return {"source": known.source, "doc_id": known.doc_id, "said": said}


@callback
def _entities(hass: HomeAssistant, twin_id: str) -> list[str]:
    entities = er.async_get(hass).entities.values()
    return sorted(
        each.entity_id
        for each in entities
        if each.platform == DOMAIN and each.unique_id.startswith(twin_id)
    )


def _shown(runtime: Runtime, kind: str, twin_id: str) -> Document:
    """Return the words by which a twin is judged: status, pace and their reasons."""
    if (view := runtime.observer.views.get(twin_id)) is not None:
        operational, occupancy = view.operational, view.occupancy
        return {
            "operational_status": operational.status,
            "causes": [cause.kind for cause in operational.causes],
            "occupancy_status": occupancy.status,
        }
    if kind == GOAL.name and (assessment := runtime.assessments.get(twin_id)) is not None:
        return {
            "pace": assessment.pace,
            "pace_reason": assessment.reason.key,
            "forecast": assessment.forecast.state,
        }
    return {}
