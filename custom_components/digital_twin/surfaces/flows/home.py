"""The form of a home."""

from functools import partial
from typing import ClassVar

from homeassistant.helpers.selector import EntitySelector, FloorSelector, LocationSelector

from ...twin.home.home import HOME, Home
from . import choices
from .base import TwinFlow
from .forms import FormContext, FormField, FormValue

FLOORS = FloorSelector({"multiple": True})


def _show_location(_context: FormContext, point: FormValue) -> dict[str, float]:
    longitude, latitude = point["coordinates"][:2]
    return {"latitude": latitude, "longitude": longitude}


FORM_FIELDS = (
    FormField(path=("name",), selector=choices.text(), required=True),
    FormField(
        path=("zone",),
        selector=EntitySelector({"filter": {"domain": "zone"}}),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="zone"),
    ),
    FormField(
        path=("residents",),
        selector=partial(choices.person, multiple=True),
        show=partial(choices.known, kind="person"),
    ),
    *(
        FormField(
            path=("address", part),
            selector=choices.text(autocomplete=autocomplete),
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
        selector=LocationSelector(),
        section="location",
        show=_show_location,
    ),
    FormField(path=("scope", "floors"), selector=FLOORS, section="scope"),
    FormField(path=("scope", "areas"), selector=choices.AREAS, section="scope"),
    FormField(path=("scope", "labels"), selector=choices.LABELS, section="scope"),
    FormField(path=("scope", "excluded_areas"), selector=choices.AREAS, section="scope"),
    FormField(path=("scope", "excluded_devices"), selector=choices.DEVICES, section="scope"),
    FormField(
        path=("scope", "excluded_entities"),
        selector=EntitySelector({"multiple": True}),
        section="scope",
        show=choices.show_entities,
        read=choices.read_entities,
    ),
    FormField(path=("scope", "excluded_labels"), selector=choices.LABELS, section="scope"),
    FormField(path=("scope", "outdoor_areas"), selector=choices.AREAS, section="scope"),
)


class HomeFlow(TwinFlow[Home]):
    """Adds and changes homes."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = HOME
