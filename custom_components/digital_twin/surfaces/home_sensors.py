"""The sensors of a home."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, floor_registry as fr
from homeassistant.util import dt as dt_util

from ..engine.home import HOME_PLACE, HomeView, PlaceKey, PlacePlan
from ..engine.runtime import Runtime
from ..twin.enums import ContextEffect, OccupancyStatus, OperationalStatus, TwinEnum
from ..twin.home.conditions import QUANTITIES, Evidence, EvidenceKind, EvidenceState, Quantity
from ..twin.home.operational import CauseKind, HomeCause
from .entities import (
    Attributes,
    EntityGroup,
    TwinSensorDescription,
    capped_list,
    home_view,
    shorten,
)


def _offline_devices(view: HomeView) -> Attributes:
    return capped_list(
        "devices",
        (
            {"name": device.name, "area": device.area, "since": _iso(device.since)}
            for device in view.offline
        ),
    )


def _low_batteries(view: HomeView) -> Attributes:
    return capped_list(
        "devices",
        (
            {"name": device.name, "area": device.area, "battery": device.battery}
            for device in view.low_batteries
        ),
    )


def _pending_updates(view: HomeView) -> Attributes:
    return capped_list(
        "devices",
        (
            {"name": device.name, "area": device.area, "firmware": device.firmware}
            for device in view.updates
        ),
    )


def _runs_out(view: HomeView) -> date | None:
    return view.next_battery.runs_out if view.next_battery else None


def _next_device(view: HomeView) -> Attributes:
    forecast = view.next_battery
    device = view.device(forecast.device_id) if forecast else None
    if forecast is None or device is None:
        return dict.fromkeys(("device", "area", "battery", "early", "late", "wide"))
    return {
        "device": shorten(device.name),
        "area": shorten(device.area),
        "battery": forecast.level,
        "early": forecast.early.isoformat(),
        "late": forecast.late.isoformat() if forecast.late else None,
        "wide": forecast.is_wide,
    }


def _evidence(view: HomeView) -> Attributes:
    texts = view.texts
    return capped_list(
        "evidence",
        (
            {
                "kind": evidence.kind.value,
                "name": evidence.name,
                "standing": evidence.state.value,
                "since": _iso(evidence.since),
                "text": _evidence_text(texts, evidence),
            }
            for evidence in view.shown_evidence
        ),
    )


def _causes(view: HomeView) -> Attributes:
    texts = view.texts
    return capped_list("causes", (_cause(view, texts, cause) for cause in view.operational.causes))


def _cause(view: HomeView, texts: Mapping[str, str], cause: HomeCause) -> dict[str, Any]:
    area = view.places.get(PlaceKey("area", cause.area_id)) if cause.area_id else None
    return {
        "cause": cause.kind.value,
        "severity": cause.severity.slug,
        "name": cause.name,
        "area": area.name if area else None,
        "since": _iso(cause.since),
        "affects": len(cause.affects),
        "text": _cause_text(texts, view, cause),
    }


# Nobody reads the watt-hours of a house.
MOST_SHOWN_DECIMALS: Final = 1
# Evidence of these kinds comes from a sensor.
_SENSED: Final = frozenset({EvidenceKind.OCCUPANCY, EvidenceKind.PRESENCE, EvidenceKind.MOTION})


def why_operational(view: HomeView) -> str | None:
    """Return the reason for the operational status in one sentence."""
    texts = view.texts
    if view.operational.status is None:
        return texts.get("starting")
    told = [_cause_text(texts, view, cause) for cause in view.operational.causes]
    if ContextEffect.DEVICES in view.paused:
        quiet = _fill(texts, "paused_devices", **_context_texts(texts, view))
        told = [quiet, *told] if told else [texts.get("optimal", ""), quiet]
    return _joined(texts, told) if told else texts.get("optimal")


def why_occupancy(view: HomeView) -> str | None:
    """Return the reason for the occupancy status in one sentence."""
    text = _why_occupancy(view)
    if not text or ContextEffect.OCCUPANCY not in view.paused:
        return text
    texts = view.texts
    told = _fill(texts, "paused_occupancy", text=text, **_context_texts(texts, view))
    return told if len(told) <= MAX_LENGTH_STATE_STATE else text


def _context_texts(texts: Mapping[str, str], view: HomeView) -> dict[str, str]:
    home = view.plan.home
    since = home.context_since
    told = _since(texts, since) if isinstance(since, datetime | None) else since.isoformat()
    return {"context": _fill(texts, f"context_{home.context}"), "since": told}


def _why_occupancy(view: HomeView) -> str | None:
    texts, occupancy = view.texts, view.occupancy
    evidence = view.shown_evidence
    if occupancy.status is None and not view.is_judged:
        return texts.get("starting")
    if not evidence:
        return texts.get("nobody")
    if evidence[0].kind in _SENSED:
        return _evidence_text(texts, evidence[0])
    wanted = {
        OccupancyStatus.OCCUPIED: ("at_home", EvidenceState.HERE),
        None: ("whereabouts_unknown", EvidenceState.UNKNOWN),
    }
    key, state = wanted.get(occupancy.status, ("all_away", EvidenceState.ELSEWHERE))
    people = [one for one in evidence if one.state is state]
    left = max((one.since for one in people if one.since), default=None)
    return _fill(texts, key, names=", ".join(one.name for one in people), since=_since(texts, left))


def _cause_text(texts: Mapping[str, str], view: HomeView, cause: HomeCause) -> str:
    level = view.battery(cause.device_id) if cause.kind is CauseKind.LOW_BATTERY else None
    text = _fill(
        texts,
        "low_battery_level" if level is not None else cause.kind.value,
        name=str(shorten(cause.name)),
        count=str(len(cause.affects)),
        level=f"{level:.0f}" if level is not None else "",
        since=_since(texts, cause.since),
    )
    return _fill(texts, "sensor_silent", text=text) if cause.silent else text


def _evidence_text(texts: Mapping[str, str], evidence: Evidence) -> str:
    key = evidence.kind.value
    if evidence.kind is EvidenceKind.RESIDENT:
        key = f"resident_{evidence.state.value}"
    return _fill(texts, key, name=evidence.name, since=_since(texts, evidence.since))


def _fill(texts: Mapping[str, str], key: str, **values: str) -> str:
    """Return a text with its values; the key where the language has no text yet."""
    return texts.get(key, key).format_map(values)


def _since(texts: Mapping[str, str], moment: datetime | None) -> str:
    """Return a time of today, or a day and a time, as people of this household read it."""
    if moment is None:
        return "?"
    local = dt_util.as_local(moment)
    time = f"{local.hour}:{local.minute:02}"
    if local.date() == dt_util.now().date():
        return time
    return _fill(
        texts,
        "day_and_time",
        day=str(local.day),
        month=f"{local.month:02}",
        year=str(local.year),
        time=time,
    )


def _joined(texts: Mapping[str, str], sentences: list[str]) -> str:
    """Join as many sentences as fit into a state, and count the others."""
    for number in range(len(sentences), 0, -1):
        others = len(sentences) - number
        more = [_fill(texts, "and_more", count=str(others))] if others else []
        joined = " · ".join([*sentences[:number], *more])
        if len(joined) <= MAX_LENGTH_STATE_STATE:
            return joined
    return f"{sentences[0][: MAX_LENGTH_STATE_STATE - 1]}…"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _slug(status: TwinEnum | None) -> str | None:
    return status.slug if status else None


STATUS_SENSORS: Final = (
    TwinSensorDescription[HomeView](
        key="occupancy_status",
        translation_key="occupancy_status",
        device_class=SensorDeviceClass.ENUM,
        options=OccupancyStatus.slugs(),
        topics=("occupancy",),
        subject_fn=home_view,
        value_fn=lambda view: _slug(view.occupancy.status),
        attributes_fn=_evidence,
    ),
    TwinSensorDescription[HomeView](
        key="operational_status",
        translation_key="operational_status",
        device_class=SensorDeviceClass.ENUM,
        options=OperationalStatus.slugs(),
        topics=("operational",),
        subject_fn=home_view,
        value_fn=lambda view: _slug(view.operational.status),
        attributes_fn=_causes,
    ),
    TwinSensorDescription[HomeView](
        key="operational_why",
        translation_key="operational_why",
        topics=("operational", "low_batteries", "why"),
        subject_fn=home_view,
        value_fn=why_operational,
    ),
    TwinSensorDescription[HomeView](
        key="occupancy_why",
        translation_key="occupancy_why",
        topics=("occupancy", "operational", "why"),
        subject_fn=home_view,
        value_fn=why_occupancy,
    ),
)

DEVICE_SENSORS: Final = (
    TwinSensorDescription[HomeView](
        key="devices",
        translation_key="devices",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        topics=("devices",),
        subject_fn=home_view,
        value_fn=lambda view: view.counts.total,
    ),
    TwinSensorDescription[HomeView](
        key="offline_devices",
        translation_key="offline_devices",
        state_class=SensorStateClass.MEASUREMENT,
        topics=("offline_devices",),
        subject_fn=home_view,
        value_fn=lambda view: view.counts.offline if view.is_judged else None,
        attributes_fn=_offline_devices,
    ),
    TwinSensorDescription[HomeView](
        key="low_batteries",
        translation_key="low_batteries",
        state_class=SensorStateClass.MEASUREMENT,
        topics=("low_batteries",),
        subject_fn=home_view,
        value_fn=lambda view: view.counts.low_battery,
        attributes_fn=_low_batteries,
    ),
    TwinSensorDescription[HomeView](
        key="pending_updates",
        translation_key="pending_updates",
        entity_category=EntityCategory.DIAGNOSTIC,
        state_class=SensorStateClass.MEASUREMENT,
        topics=("devices",),
        subject_fn=home_view,
        value_fn=lambda view: view.counts.updates,
        attributes_fn=_pending_updates,
    ),
    TwinSensorDescription[HomeView](
        key="next_battery",
        translation_key="next_battery",
        device_class=SensorDeviceClass.DATE,
        topics=("next_battery",),
        subject_fn=home_view,
        value_fn=_runs_out,
        attributes_fn=_next_device,
    ),
)


def _value(place: PlaceKey, quantity: str, view: HomeView) -> float | None:
    aggregate = view.aggregate(place, quantity)
    return aggregate.value if aggregate else None


def _unit(quantity: str, view: HomeView) -> str | None:
    return view.unit(quantity)


def _environment_sensor(
    view: HomeView, place: PlacePlan, quantity: Quantity
) -> TwinSensorDescription[HomeView]:
    whole = place.key == HOME_PLACE
    # A floor and a room of one name would have names that nobody can tell apart.
    shared = place.key.kind == "floor" and any(
        other.key.kind == "area" and other.name.casefold() == place.name.casefold()
        for other in view.places.values()
    )
    total = quantity.key == "energy"
    return TwinSensorDescription[HomeView](
        key=quantity.key if whole else _place_sensor_key(place.key, quantity.key),
        translation_key=quantity.key
        if whole
        else f"{'floor' if shared else 'place'}_{quantity.key}",
        translation_placeholders=None if whole else {"place": place.name},
        device_class=SensorDeviceClass(quantity.device_class),
        state_class=(SensorStateClass.TOTAL_INCREASING if total else SensorStateClass.MEASUREMENT),
        suggested_display_precision=min(quantity.precision, MOST_SHOWN_DECIMALS),
        # Dozens of rooms with several values each would be too many entities.
        entity_registry_enabled_default=place.key.kind != "area",
        topics=(view.environment_topic(place.key, quantity.key).name,),
        subject_fn=home_view,
        value_fn=partial(_value, place.key, quantity.key),
        unit_fn=partial(_unit, quantity.key),
    )


def _sensors(
    _hass: HomeAssistant, runtime: Runtime, home_id: str
) -> Iterable[TwinSensorDescription[HomeView]]:
    yield from STATUS_SENSORS
    yield from DEVICE_SENSORS
    if (view := home_view(runtime, home_id)) is None:
        return
    for place in view.places.values():
        for key, quantity in QUANTITIES.items():
            if key in place.quantities:
                yield _environment_sensor(view, place, quantity)


def _place_sensor_key(place: PlaceKey, quantity: str) -> str:
    return f"{place.kind}-{place.place_id}-{quantity}"


def _is_of_deleted_place(hass: HomeAssistant, _runtime: Runtime, _home_id: str, key: str) -> bool:
    kind, _, rest = key.partition("-")
    place_id = rest.rpartition("-")[0]
    match kind:
        case "area":
            return ar.async_get(hass).async_get_area(place_id) is None
        case "floor":
            return fr.async_get(hass).async_get_floor(place_id) is None
    return False


HOME_GROUP: Final = EntityGroup(
    descriptions_fn=_sensors, grows_with=("places",), is_stale=_is_of_deleted_place
)
