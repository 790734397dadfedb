"""The form of a home."""

from functools import partial
from typing import ClassVar, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, label_registry as lr
from homeassistant.helpers.selector import EntitySelector, FloorSelector, LocationSelector

from ...twin.home.home import HOME, Home
from ...twin.home.kinds import is_outdoor_place
from . import choices
from .base import TwinFlow
from .forms import FormContext, FormField, FormValue, FormValues

FLOORS = FloorSelector({"multiple": True})


def outdoor_areas(hass: HomeAssistant) -> list[str]:
    """Return the areas whose name, an alias or a label says that they are outdoors."""
    labels = lr.async_get(hass)
    return [
        area.id
        for area in ar.async_get(hass).async_list_areas()
        if is_outdoor_place(
            (
                area.name,
                *(alias for alias in area.aliases if isinstance(alias, str)),
                *(label.name for ref in area.labels if (label := labels.async_get_label(ref))),
            )
        )
    ]


def _show_location(_context: FormContext, point: FormValue) -> dict[str, float]:
    longitude, latitude = point["coordinates"][:2]
    return {"latitude": latitude, "longitude": longitude}


FORM_FIELDS = (
    FormField(("name",), choices.text(), required=True),
    FormField(
        ("zone",),
        EntitySelector({"filter": {"domain": "zone"}}),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="zone"),
    ),
    FormField(
        ("residents",),
        partial(choices.person, multiple=True),
        show=partial(choices.known, kind="person"),
    ),
    FormField(("scope", "floors"), FLOORS, section="scope"),
    FormField(("scope", "areas"), choices.AREAS, section="scope"),
    FormField(("scope", "labels"), choices.LABELS, section="scope"),
    FormField(("scope", "excluded_areas"), choices.AREAS, section="scope"),
    FormField(("scope", "excluded_devices"), choices.DEVICES, section="scope"),
    FormField(
        ("scope", "excluded_entities"),
        EntitySelector({"multiple": True}),
        section="scope",
        show=choices.show_entities,
        read=choices.read_entities,
    ),
    FormField(("scope", "excluded_labels"), choices.LABELS, section="scope"),
    FormField(("scope", "outdoor_areas"), choices.AREAS, section="scope"),
    *(
        FormField(("address", part), choices.text(autocomplete=autocomplete), section="address")
        for part, autocomplete in {
            "street": "street-address",
            "postal_code": "postal-code",
            "city": "address-level2",
            "country": "country-name",
        }.items()
    ),
    FormField(
        ("location_coordinates",), LocationSelector(), section="location", show=_show_location
    ),
)


class HomeFlow(TwinFlow[Home]):
    """Adds and changes homes."""

    form_fields: ClassVar = FORM_FIELDS
    _kind = HOME

    @override
    def _suggestions(self, context: FormContext) -> FormValues:
        """Propose the areas that are outdoors by their names."""
        found = outdoor_areas(context.hass)
        return {"scope": {"outdoor_areas": found}} if found else {}
