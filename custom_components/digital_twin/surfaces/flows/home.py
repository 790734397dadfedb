"""The form of a home."""

from functools import partial
from typing import ClassVar

from homeassistant.helpers.selector import (
    DeviceSelector,
    DeviceSelectorConfig,
    FloorSelector,
    FloorSelectorConfig,
    LocationSelector,
)

from ...twin.home.home import HOME, Home
from . import choices
from .base import TwinFlow
from .inputs import Input, Surroundings, Value


def _location(_surroundings: Surroundings) -> LocationSelector:
    return LocationSelector()


def _show_location(_surroundings: Surroundings, point: Value) -> dict[str, float]:
    longitude, latitude = point["coordinates"][:2]
    return {"latitude": latitude, "longitude": longitude}


def _floors(_surroundings: Surroundings) -> FloorSelector:
    return FloorSelector(FloorSelectorConfig(multiple=True))


def _devices(_surroundings: Surroundings) -> DeviceSelector:
    return DeviceSelector(DeviceSelectorConfig(multiple=True))


INPUTS = (
    Input(path=("name",), selector=choices.text, required=True),
    Input(
        path=("zone",),
        selector=partial(choices.entity, domain="zone"),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="zone"),
    ),
    Input(
        path=("residents",),
        selector=choices.persons,
        show=partial(choices.known, kind="person"),
    ),
    *(
        Input(
            path=("address", part),
            selector=partial(choices.text, autocomplete=autocomplete),
            section="address",
        )
        for part, autocomplete in {
            "street": "street-address",
            "postal_code": "postal-code",
            "city": "address-level2",
            "country": "country-name",
        }.items()
    ),
    Input(
        path=("location_coordinates",),
        selector=_location,
        section="location",
        show=_show_location,
    ),
    Input(path=("scope", "floors"), selector=_floors, section="scope"),
    Input(path=("scope", "areas"), selector=choices.areas, section="scope"),
    Input(path=("scope", "labels"), selector=choices.labels, section="scope"),
    Input(path=("scope", "excluded_areas"), selector=choices.areas, section="scope"),
    Input(path=("scope", "excluded_devices"), selector=_devices, section="scope"),
    Input(
        path=("scope", "excluded_entities"),
        selector=partial(choices.entity, multiple=True),
        section="scope",
        show=choices.show_entities,
        read=choices.read_entities,
    ),
    Input(path=("scope", "excluded_labels"), selector=choices.labels, section="scope"),
    Input(path=("scope", "outdoor_areas"), selector=choices.areas, section="scope"),
)


class HomeFlow(TwinFlow[Home]):
    """Adds and changes homes."""

    inputs: ClassVar = INPUTS
    _kind = HOME
