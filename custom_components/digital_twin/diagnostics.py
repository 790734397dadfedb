"""Diagnostics without personal data: counts, and which fields and entities exist.

They contain no name, id, date, address, place, reading or text that a person entered.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.loader import async_get_loaded_integration

from .const import DOMAIN
from .engine.core.files import MAJOR_VERSION, MINOR_VERSION
from .engine.core.registry import KINDS
from .engine.folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK
from .engine.home import HOME_PLACE
from .engine.runtime import DigitalTwinConfigEntry, Runtime
from .twin.catalogue import CATALOGUE
from .twin.goals.goal import GOAL, Goal, progress_of
from .twin.home.home import BOUNDS, HOME, LABELS, SCOPE_PARTS, Home
from .twin.metrics.person import PERSON, Person
from .twin.records.fields import Kind, Record
from .twin.records.revisions import encode

type Summary = dict[str, Any]

EMPTY: Final[tuple[object, ...]] = (None, [], {})


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: DigitalTwinConfigEntry
) -> Summary:
    """Return the diagnostics of the integration and all its twins."""
    versions = {
        "integration_version": str(async_get_loaded_integration(hass, DOMAIN).version),
        "store_version": f"{MAJOR_VERSION}.{MINOR_VERSION}",
    }
    if entry.state is not ConfigEntryState.LOADED:
        return {**versions, **_not_loaded(entry)}
    runtime = entry.runtime_data
    registry = runtime.registry
    return {
        **versions,
        "saves": registry.seq,
        "thresholds": {name: entry.options.get(name, BOUNDS[name].default) for name in BOUNDS},
        "labels": [name for name in LABELS if entry.options.get(name)],
        "counts": {kind: _counts(runtime, kind) for kind in KINDS},
        "household_metrics": len(registry.catalogue) - len(CATALOGUE),
        "dependency_cycles": [len(cycle) for cycle in runtime.assessments.graph.cycles],
        "goals_folder": _goals_folder(entry),
        "homes": [_home(runtime, home) for home in registry.homes.values()],
        "persons": [_person(runtime, person) for person in registry.persons.values()],
        "goals": [_goal(runtime, goal) for goal in registry.goals.values()],
    }


async def async_get_device_diagnostics(
    _hass: HomeAssistant, entry: DigitalTwinConfigEntry, device: DeviceEntry
) -> Summary:
    """Return the diagnostics of the twin that a device represents."""
    if entry.state is not ConfigEntryState.LOADED:
        return _not_loaded(entry)
    runtime = entry.runtime_data
    for subentry in runtime.subentries.by_twin.values():
        if (DOMAIN, subentry.twin_id) in device.identifiers:
            record = runtime.registry.records(subentry.kind)[subentry.twin_id]
            return {subentry.kind: SUMMARIES[subentry.kind](runtime, record)}
    return {}


def _not_loaded(entry: DigitalTwinConfigEntry) -> Summary:
    """Return the reason by its key only: the text of an error may contain names."""
    return {"state": entry.state.value, "error": entry.error_reason_translation_key}


def _counts(runtime: Runtime, kind: str) -> Summary:
    registry = runtime.registry
    return {
        "records": len(registry.records(kind)),
        "subentries": sum(one.kind == kind for one in runtime.subentries.by_twin.values()),
        "deleted": len(registry.deletions.of(kind)),
        "damaged": len(registry.damaged(kind)),
    }


def _goals_folder(entry: DigitalTwinConfigEntry) -> Summary:
    """Count the results of the last sync, without paths, codes and texts."""
    chosen = {
        "chosen": bool(entry.options.get(CONF_GOALS_FOLDER)),
        "write_back": bool(entry.options.get(CONF_WRITE_BACK)),
    }
    report = entry.runtime_data.goals_folder.report
    if report is None:
        return chosen
    return chosen | {
        "goals": report.goals,
        "missing": len(report.missing),
        "left_out": len(report.left_out),
        "faults": _tally(fault.key for fault in report.faults),
        "duration_ms": report.duration_ms,
    }


def _home(runtime: Runtime, home: Home) -> Summary:
    summary = {
        **_record(HOME, home),
        "residents": len(home.residents),
        "scope": {part: len(ids) for part in SCOPE_PARTS if (ids := getattr(home.scope, part))},
    }
    view = runtime.observer.views.get(home.home_id)
    if view is None:
        return summary
    place = view.places.get(HOME_PLACE)
    return summary | {
        "places": _tally(key.kind for key in view.places),
        "quantities": sorted(place.quantities if place else ()),
        "devices": asdict(view.counts),
        "offline_by_integration": _tally(device.integration for device in view.offline),
        "operational_status": view.operational.status,
        "causes": _tally(cause.kind for cause in view.operational.causes),
        # Who is home is private.
        "occupancy_known": view.occupancy.status is not None,
        "occupancy_evidence": _tally(evidence.kind for evidence in view.occupancy.evidence),
    }


def _person(runtime: Runtime, person: Person) -> Summary:
    known = person.health_metrics.keys() & CATALOGUE.keys()
    linked = person.metric_sources.keys() & CATALOGUE.keys()
    histories = runtime.registry.histories(person.person_id)
    return {
        **_record(PERSON, person),
        "metrics": sorted(known),
        # The keys of metrics that a household added may be private.
        "other_metrics": len(person.health_metrics) - len(known),
        "history": {key: len(histories[key].days) for key in sorted(known & histories.keys())},
        "damaged_histories": len(runtime.registry.damaged_histories.get(person.person_id, ())),
        "linked": {key: len(person.metric_sources[key]) for key in sorted(linked)},
        "other_linked": len(person.metric_sources) - len(linked),
        "health_entities": person.health_entities,
        "quick_entries": len(person.quick_entries),
    }


def _goal(runtime: Runtime, goal: Goal) -> Summary:
    return {
        **_record(GOAL, goal),
        "status": goal.status,
        "progress_known": progress_of(goal) is not None,
        **_assessment(runtime, goal),
        "milestones": len(goal.milestones),
        "dependencies": len(goal.dependencies),
        "key_results": [
            {
                "kind": key_result.kind,
                "source": next(iter(key_result.source or {}), None),
                "current_known": key_result.current is not None,
                "items": len(key_result.items),
                "days": len(key_result.days),
            }
            for key_result in goal.progress_metrics
        ],
    }


def _assessment(runtime: Runtime, goal: Goal) -> Summary:
    assessment = runtime.assessments.get(goal.goal_id)
    if assessment is None:
        return {}
    return {
        "pace": assessment.pace,
        "pace_reason": assessment.reason.key,
        "forecast": assessment.forecast.state,
        "history_days": len(goal.progress_history),
    }


SUMMARIES: Final[Mapping[str, Callable[[Runtime, Any], Summary]]] = MappingProxyType(
    {HOME.name: _home, PERSON.name: _person, GOAL.name: _goal}
)


def _record[R: Record](kind: Kind[R], record: R) -> Summary:
    """List the fields that are not empty."""
    fields = [name for name, value in encode(kind, record).items() if value not in EMPTY]
    return {"revision": record.revision, "fields": fields}


def _tally(names: Iterable[str | None]) -> Summary:
    return dict(sorted(Counter(str(name) for name in names).items()))
