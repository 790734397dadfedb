"""What keeps goals without values: entities without a state, and what is wrong at homes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from ..twin.enums import DeviceStatus
from ..twin.goals.goal import Goal
from ..twin.goals.lineage import GONE, SilentSource, SourceEntity
from ..twin.home.operational import CauseKind, HomeCause
from ..twin.metrics.person import Person
from .core.entity_ids import current_entity_id
from .home import HomeView

WITHOUT_VALUE: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})


@callback
def source_entity(hass: HomeAssistant, stored: str) -> SourceEntity | None:
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


@callback
def unheard_entities(
    hass: HomeAssistant, views: Mapping[str, HomeView], goal: Goal
) -> dict[str, date]:
    """Return by key result since when the entity that it follows itself has had no value.

    That is one that is unavailable or unknown, one that is not there (`GONE`), and one that a home
    lists as a stale sensor. A value that only stays the same is one. The day is that at the
    household. Nothing is known before Home Assistant has started.
    """
    if not hass.is_running:
        return {}
    return {
        each.key: since
        for each in goal.progress_metrics
        if isinstance(stored := (each.source or {}).get("entity_id"), str)
        and (since := _unheard_since(hass, views, stored))
    }


def _unheard_since(hass: HomeAssistant, views: Mapping[str, HomeView], stored: str) -> date | None:
    entity_id = current_entity_id(hass, stored)
    state = hass.states.get(entity_id) if entity_id else None
    if state is None:
        return GONE
    moments = [*_outages(hass, views, state)]
    if state.state in WITHOUT_VALUE:
        moments.append(state.last_changed)
    return dt_util.as_local(min(moments)).date() if moments else None


def _outages(
    hass: HomeAssistant, views: Mapping[str, HomeView], state: State
) -> Iterator[datetime]:
    """Yield since when homes know that an entity is stale, or that its device is offline.

    That outlives a restart, at which each unavailable state begins anew.
    """
    entry = er.async_get(hass).async_get(state.entity_id)
    device_id = entry.device_id if entry else None
    for view in views.values():
        for cause in view.operational.causes:
            if cause.kind is CauseKind.STALE_SENSOR and cause.entity_id == state.entity_id:
                yield cause.since
        device = view.device(device_id) if device_id and state.state in WITHOUT_VALUE else None
        if device and device.status is DeviceStatus.OFFLINE and device.since:
            yield device.since


class HomeFault(NamedTuple):
    """A cause at a home."""

    view: HomeView
    cause: HomeCause


@callback
def fault_behind(
    hass: HomeAssistant,
    views: Iterable[HomeView],
    goal: Goal,
    owner: Person | None,
    silent: Iterable[SilentSource],
) -> HomeFault | None:
    """Return the cause at a home from which follows that key results of a goal are silent.

    That is one which concerns all sources of one of them; None where no such cause is open.
    """
    faults = [HomeFault(view, cause) for view in views for cause in view.operational.causes]
    if not faults:
        return None
    keys = {each.key for each in silent}
    for key_result in goal.progress_metrics:
        if key_result.key not in keys:
            continue
        if key_result.metric:
            sources = owner.metric_sources.get(key_result.metric, ()) if owner else ()
            stored = [each.entity for each in sources]
        else:
            stored = [str((key_result.source or {}).get("entity_id"))]
        entities = [each for link in stored if (each := source_entity(hass, link))]
        for fault in faults:
            if entities and _concerns_all(fault, entities):
                return fault
    return None


def _concerns_all(fault: HomeFault, sources: Iterable[SourceEntity]) -> bool:
    devices, entities = concerned(fault.view, fault.cause)
    return all(each.device_id in devices or each.entity_id in entities for each in sources)


def concerned(view: HomeView, cause: HomeCause) -> tuple[Collection[str], Collection[str]]:
    """Return the devices and entities that a cause keeps silent, by all ids that a device has."""
    # A device with a low battery still reports.
    is_battery = cause.kind is CauseKind.LOW_BATTERY
    things = set() if is_battery else {cause.device_id, *cause.affects} - {None}
    devices = {str(each) for each in things}
    devices |= {ref for ref, thing in view.plan.things.items() if thing in things}
    if cause.entity_id is None:
        return devices, set()
    # A sensor that is wrong says nothing of the others of its device.
    return {each for each in devices if each != cause.device_id}, {cause.entity_id}
