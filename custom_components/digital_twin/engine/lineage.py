"""What twins rest on, and what rests on them, from records and Home Assistant's registries."""

from collections.abc import Callable
from typing import cast

from homeassistant.core import HomeAssistant, callback

from ..twin.goals.goal import GOAL, Goal
from ..twin.goals.lineage import (
    Lineage,
    LineageLink,
    LinkKind,
    MetricKey,
    SourceEntity,
    link_document,
)
from ..twin.home.home import HOME
from ..twin.home.situations import CauseEffect, UnheardMetric, cause_text, chain_text
from ..twin.metrics.person import Person
from ..twin.values import PlainJson
from .documents import Document
from .health.sources import person_health
from .home.view import HomeView
from .outages import concerned, source_entity
from .runtime import Runtime
from .wording import wording_of

type Links = list[LineageLink]
# Tells whether something may be told of a metric of a person.
type MetricRule = Callable[[Person, str], bool]


@callback
def add_lineage(
    hass: HomeAssistant,
    runtime: Runtime,
    kind: str,
    twin_id: str,
    document: Document,
    *,
    is_told: MetricRule,
) -> None:
    """Add `rests_on` and `affects` to the document of a twin, and to the causes of a home.

    `is_told` is of which metrics of people sources and silences are told.
    """
    lineage = read_lineage(hass, runtime, is_told)
    if kind == HOME.name:
        view = runtime.observer.views.get(twin_id)
        below, above = ([], []) if view is None else _of_home(runtime, lineage, view, document)
    elif kind == GOAL.name:
        below, above = lineage.of_goal(runtime.registry.get(GOAL, twin_id))
    else:
        below, above = lineage.of_person(twin_id)
    document["rests_on"], document["affects"] = _listed(below), _listed(above)


@callback
def read_lineage(hass: HomeAssistant, runtime: Runtime, is_told: MetricRule) -> Lineage:
    """Return what rests on what at present, as far as it is told of metrics."""
    registry = runtime.registry
    sources, stale = dict[MetricKey, tuple[SourceEntity, ...]](), {}
    for person in registry.persons.values():
        for metric, several in person.metric_sources.items():
            found = (source_entity(hass, each.entity) for each in several)
            sources[MetricKey(person.person_id, metric)] = tuple(filter(None, found))
        for view in person_health(registry, person).metrics():
            if not view.fresh:
                stale[MetricKey(person.person_id, view.metric.key)] = view.day
    followed = {
        stored: entity
        for goal in registry.goals.values()
        for key_result in goal.progress_metrics
        if isinstance(stored := (key_result.source or {}).get("entity_id"), str)
        and (entity := source_entity(hass, stored))
    }
    return Lineage(
        goals=registry.goals,
        graph=runtime.assessments.graph,
        sources=sources,
        followed=followed,
        stale=stale,
        hidden=frozenset(
            MetricKey(person.person_id, metric)
            for person in registry.persons.values()
            for metric in {*registry.catalogue, *person.metric_sources}
            if not is_told(person, metric)
        ),
    )


def _of_home(
    runtime: Runtime, lineage: Lineage, view: HomeView, document: Document
) -> tuple[Links, Links]:
    """Return what the climate of a home rests on, and what its devices are needed for.

    Each cause gets the metrics and goals that it makes unreliable, and that as a sentence.
    """
    operational = cast("dict[str, list[Document]]", document["operational"])
    words = wording_of(runtime.assessments.texts, runtime.assessments.language)
    for cause, part in zip(view.operational.causes, operational["causes"], strict=True):
        metrics, goals = lineage.of_devices(*concerned(view, cause))
        part["metrics"], part["goals"] = _listed(metrics), _listed(goals)
        effect = _effect(runtime, metrics, goals)
        part["unreliable"] = effect is not None and effect.is_felt
        text = cause_text(words, cause, view.battery(cause.device_id))
        part["chain"] = chain_text(words, text, effect) if effect else None
    below = [
        LineageLink(LinkKind.ENTITY, entity_id, view.entity_name(entity_id), through=quantity)
        for area in view.plan.areas.values()
        for quantity, entity_ids in area.sources.items()
        for entity_id in entity_ids
    ]
    devices = {*view.plan.devices, *view.plan.things}
    metrics, goals = lineage.of_devices(devices, ())
    return below, [*metrics, *goals]


@callback
def cause_effects(
    hass: HomeAssistant,
    runtime: Runtime,
    view: HomeView,
    is_told: MetricRule,
    may_read: Callable[[Goal], bool],
) -> dict[str, CauseEffect]:
    """Return by cause of a home what has no values because of it, as far as that is told.

    Only what is out of the norm: metrics that are stale, and goals with silent key results or that
    depend on such goals.
    """
    if not view.operational.causes:
        return {}
    lineage = read_lineage(hass, runtime, is_told)
    found = {}
    for cause in view.operational.causes:
        metrics, goals = lineage.of_devices(*concerned(view, cause))
        stale = [each for each in metrics if each.since]
        shown = [each for each in goals if may_read(runtime.registry.get(GOAL, each.id))]
        effect = _effect(runtime, stale, shown)
        if effect and effect.is_felt:
            found[cause.key] = effect
    return found


def _effect(runtime: Runtime, metrics: Links, goals: Links) -> CauseEffect | None:
    """Return what the links say, with the names of people and metrics; None without any."""
    if not metrics and not goals:
        return None
    registry = runtime.registry
    return CauseEffect(
        [
            UnheardMetric(
                registry.persons[str(each.of)].name,
                each.id,
                registry.catalogue[each.id].name if each.id in registry.catalogue else None,
                each.since,
            )
            for each in metrics
        ],
        [each.name or each.id for each in goals],
        is_felt=any(each.since for each in metrics)
        or any((known := runtime.assessments.get(each.id)) and known.silent for each in goals),
    )


def _listed(links: Links) -> list[PlainJson]:
    return [link_document(each) for each in links]
