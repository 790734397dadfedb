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
from .forms import FormContext, FormField, FormValue


def _location(_context: FormContext) -> LocationSelector:
    return LocationSelector()


def _show_location(_context: FormContext, point: FormValue) -> dict[str, float]:
    longitude, latitude = point["coordinates"][:2]
    return {"latitude": latitude, "longitude": longitude}


def _floors(_context: FormContext) -> FloorSelector:
    return FloorSelector(FloorSelectorConfig(multiple=True))


def _devices(_context: FormContext) -> DeviceSelector:
    return DeviceSelector(DeviceSelectorConfig(multiple=True))


FORM_FIELDS = (
    FormField(path=("name",), selector=choices.text, required=True),
    FormField(
        path=("zone",),
        selector=partial(choices.entity, domain="zone"),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="zone"),
    ),
    FormField(
        path=("residents",),
        selector=choices.persons,
        show=partial(choices.known, kind="person"),
    ),
    *(
        FormField(
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
    FormField(
        path=("location_coordinates",),
        selector=_location,
        section="location",
        show=_show_location,
    ),
    FormField(path=("scope", "floors"), selector=_floors, section="scope"),
    FormField(path=("scope", "areas"), selector=choices.areas, section="scope"),
    FormField(path=("scope", "labels"), selector=choices.labels, section="scope"),
    FormField(path=("scope", "excluded_areas"), selector=choices.areas, section="scope"),
    FormField(path=("scope", "excluded_devices"), selector=_devices, section="scope"),
    FormField(
        path=("scope", "excluded_entities"),
        selector=partial(choices.entity, multiple=True),
        section="scope",
        show=choices.show_entities,
        read=choices.read_entities,
    ),
    FormField(path=("scope", "excluded_labels"), selector=choices.labels, section="scope"),
    FormField(path=("scope", "outdoor_areas"), selector=choices.areas, section="scope"),
)


class HomeFlow(TwinFlow[Home]):
    """Adds and changes homes."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = HOME
