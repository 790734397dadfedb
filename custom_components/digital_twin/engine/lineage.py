"""What twins rest on, and what rests on them, from records and Home Assistant's registries."""

from typing import cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..twin.goals.goal import GOAL
from ..twin.goals.lineage import (
    Lineage,
    LineageLink,
    LinkKind,
    MetricKey,
    SourceEntity,
    link_document,
)
from ..twin.home.home import HOME
from ..twin.home.operational import HomeCause
from ..twin.values import PlainJson
from .core.entity_ids import current_entity_id
from .documents import Document
from .health.sources import person_health
from .home.view import HomeView
from .runtime import Runtime

type Links = list[LineageLink]


@callback
def add_lineage(
    hass: HomeAssistant,
    runtime: Runtime,
    kind: str,
    twin_id: str,
    document: Document,
    *,
    private: bool,
) -> None:
    """Add `rests_on` and `affects` to the document of a twin, and to the causes of a home.

    Without `private`, sources and silences are told of nobody; in a home, of people who show their
    health values.
    """
    persons = () if private else runtime.registry.persons.values()
    is_home = kind == HOME.name
    hidden = (one.person_id for one in persons if not (is_home and one.health_entities))
    lineage = read_lineage(hass, runtime, frozenset(hidden))
    if is_home:
        view = runtime.observer.views.get(twin_id)
        below, above = ([], []) if view is None else _of_home(lineage, view, document)
    elif kind == GOAL.name:
        below, above = lineage.of_goal(runtime.registry.get(GOAL, twin_id))
    else:
        below, above = lineage.of_person(twin_id)
    document["rests_on"], document["affects"] = _listed(below), _listed(above)


@callback
def read_lineage(
    hass: HomeAssistant, runtime: Runtime, hidden: frozenset[str] = frozenset()
) -> Lineage:
    """Return what rests on what at present; see `Lineage` for the hidden people."""
    registry = runtime.registry
    sources, stale = dict[MetricKey, tuple[SourceEntity, ...]](), {}
    for person in registry.persons.values():
        for metric, several in person.metric_sources.items():
            found = (_entity(hass, each.entity) for each in several)
            sources[MetricKey(person.person_id, metric)] = tuple(filter(None, found))
        for view in person_health(registry, person).metrics():
            if not view.fresh:
                stale[MetricKey(person.person_id, view.metric.key)] = view.day
    followed = {
        stored: entity
        for goal in registry.goals.values()
        for key_result in goal.progress_metrics
        if isinstance(stored := (key_result.source or {}).get("entity_id"), str)
        and (entity := _entity(hass, stored))
    }
    return Lineage(
        goals=registry.goals,
        graph=runtime.assessments.graph,
        sources=sources,
        followed=followed,
        stale=stale,
        hidden=hidden,
    )


@callback
def _entity(hass: HomeAssistant, stored: str) -> SourceEntity | None:
    """Return an entity by the link that records keep, None for one that is gone."""
    if (entity_id := current_entity_id(hass, stored)) is None:
        return None
    entry, state = er.async_get(hass).async_get(entity_id), hass.states.get(entity_id)
    device_id = entry.device_id if entry else None
    device = dr.async_get(hass).async_get(device_id) if device_id else None
    return SourceEntity(
        entity_id=entity_id,
        name=str(state.name) if state else entity_id,
        device_id=device_id,
        device=(device.name_by_user or device.name) if device else None,
    )


def _of_home(lineage: Lineage, view: HomeView, document: Document) -> tuple[Links, Links]:
    """Return what the climate of a home rests on, and what its devices are needed for.

    Each cause gets the metrics and goals that it makes unreliable.
    """
    operational = cast("dict[str, list[Document]]", document["operational"])
    for cause, part in zip(view.operational.causes, operational["causes"], strict=True):
        metrics, goals = lineage.of_devices(*_concerned(view, cause))
        part["metrics"], part["goals"] = _listed(metrics), _listed(goals)
    below = [
        LineageLink(LinkKind.ENTITY, entity_id, view.entity_name(entity_id), through=quantity)
        for area in view.plan.areas.values()
        for quantity, entity_ids in area.sources.items()
        for entity_id in entity_ids
    ]
    devices = {*view.plan.devices, *view.plan.things}
    metrics, goals = lineage.of_devices(devices, ())
    return below, [*metrics, *goals]


def _concerned(view: HomeView, cause: HomeCause) -> tuple[set[str], set[str]]:
    """Return the devices and entities that a cause is about, by all ids that a device has."""
    things = {cause.device_id, *cause.affects} - {None}
    devices = {str(each) for each in things}
    devices |= {ref for ref, thing in view.plan.things.items() if thing in things}
    if cause.entity_id is None:
        return devices, set()
    # A sensor that is wrong says nothing of the others of its device.
    return {each for each in devices if each != cause.device_id}, {cause.entity_id}


def _listed(links: Links) -> list[PlainJson]:
    return [link_document(each) for each in links]
