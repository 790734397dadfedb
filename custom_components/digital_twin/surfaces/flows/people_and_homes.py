"""The forms of a person and of a home."""

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, override

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, label_registry as lr
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    FloorSelector,
    LocationSelector,
    NumberSelector,
    NumberSelectorMode,
    ObjectSelector,
    SelectSelector,
    SelectSelectorMode,
    TextSelectorType,
)
import probatio

from ...engine.core.entity_ids import stored_entity_id
from ...engine.health.suggestions import suggest_first_sources
from ...engine.runtime import Runtime
from ...twin.enums import ActivityLevel, Gender
from ...twin.errors import TwinError
from ...twin.home.home import HOME, Home
from ...twin.home.kinds import is_outdoor_place
from ...twin.metrics.person import PERSON
from ...twin.records.fields import LAST_HOUR
from ...twin.records.revisions import create
from . import TwinFlow, choices
from .choices import named
from .consent import ConsentFlow
from .forms import (
    FormContext,
    FormField,
    FormValue,
    FormValues,
    async_texts,
    difference,
    metric_name,
    show_form,
)


def _timezone(context: FormContext) -> SelectSelector:
    return SelectSelector(
        {
            "options": sorted(context.registry.context().timezones),
            # A selector without custom values cannot be searched.
            "custom_value": True,
            "mode": SelectSelectorMode.DROPDOWN,
        }
    )


def _whole(_context: FormContext, value: float) -> int:
    return int(value)


HOUR = NumberSelector(
    {"min": 0, "max": LAST_HOUR, "unit_of_measurement": "h", "mode": NumberSelectorMode.BOX}
)
PERSON_FIELDS = (
    FormField(("name",), choices.text(), required=True),
    FormField(
        ("person_entity",),
        EntitySelector({"filter": {"domain": "person"}}),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="person"),
    ),
    FormField(("date_of_birth",), choices.DATE),
    FormField(
        ("gender",), choices.option(Gender, "gender"), show=partial(choices.slug, enum=Gender)
    ),
    FormField(("contact_email",), choices.text(TextSelectorType.EMAIL, "email")),
    FormField(("timezone",), _timezone),
    FormField(
        ("activity_level",),
        choices.option(ActivityLevel, "activity_level"),
        show=partial(choices.slug, enum=ActivityLevel),
    ),
    FormField(("day_start",), HOUR, section="health", read=_whole),
    FormField(("health_entities",), BooleanSelector(), section="health"),
    FormField(("preferences",), ObjectSelector(), section="more", change=difference),
)
SUGGESTED = "suggested"


class PersonFlow(ConsentFlow):
    """Adds and changes people, their links, quick entries and consent."""

    form_fields: ClassVar = PERSON_FIELDS
    _details: FormValues
    # By metric of a new person: suggested entities, those that may be anybody's, and the chosen.
    _fitting: Mapping[str, list[str]]
    _unclaimed: Mapping[str, list[str]]
    _links: Mapping[str, list[str]] = MappingProxyType({})

    @override
    async def async_step_user(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Add a person; offer entities that may measure their metrics first."""
        runtime = self._runtime
        if runtime is not None and user_input is not None:
            self._links = {}
            self._fitting, self._unclaimed = suggest_first_sources(
                self.hass,
                runtime.registry.catalogue,
                user_input["name"],
                user_input.get("person_entity"),
                [other.name for other in runtime.registry.persons.values()],
            )
            if (self._fitting or self._unclaimed) and await self._async_is_valid(
                runtime, user_input
            ):
                self._details = user_input
                return await self.async_step_suggested()
        return await super().async_step_user(user_input)

    async def async_step_suggested(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Choose suggested entities, and add the person."""
        runtime = self._runtime
        if runtime is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            self._links = self._chosen_links(user_input.get(SUGGESTED, ()))
            return await super().async_step_user(self._details)
        texts = await async_texts(self.hass, "selector")
        catalogue = runtime.registry.catalogue
        names = {
            option: f"{metric_name(texts, catalogue[key])}: {self._name(entity_id)}"
            for option, (key, entity_id) in self._options().items()
        }
        schema = probatio.Schema({probatio.Optional(SUGGESTED): named(names, multiple=True)})
        # The best one of each metric; the others are further sources to choose.
        return show_form(self, "suggested", schema, {SUGGESTED: list(self._fitting)})

    def _options(self) -> dict[str, tuple[str, str]]:
        """Return metric and entity by option; that of the best entity is the metric itself."""
        options = {
            f"{key} {entity_id}" if number else key: (key, entity_id)
            for key, entity_ids in self._fitting.items()
            for number, entity_id in enumerate(entity_ids)
        }
        return options | {
            f"{key} {entity_id}": (key, entity_id)
            for key, entity_ids in self._unclaimed.items()
            for entity_id in entity_ids
        }

    def _chosen_links(self, chosen: Iterable[str]) -> dict[str, list[str]]:
        links: dict[str, list[str]] = {}
        options = self._options()
        # In the order of the options, in which the best come first.
        for option in sorted(chosen, key=list(options).index):
            key, entity_id = options[option]
            links.setdefault(key, []).append(entity_id)
        return links

    @override
    async def async_step_reconfigure(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Show the menu of changes."""
        _, person = self._opened()
        changes = ["entries"] if person.quick_entries else []
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["details", "metric", "quick_entry", *changes, "consent"],
        )

    async def async_step_details(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Change the fields of the person."""
        return await self._async_step_change("details", user_input)

    @override
    def _suggestions(self, _context: FormContext) -> FormValues:
        return {
            "timezone": self.hass.config.time_zone,
            "health": {"day_start": 0, "health_entities": True},
        }

    @override
    def _document(self, context: FormContext, values: FormValues) -> dict[str, Any]:
        links = {
            key: [stored_entity_id(self.hass, entity_id) for entity_id in entity_ids]
            for key, entity_ids in self._links.items()
        }
        document = super()._document(context, values)
        return document | {"metric_sources": links} if links else document

    async def _async_is_valid(self, runtime: Runtime, values: FormValues) -> bool:
        context = await self._async_form_context(runtime)
        try:
            create(PERSON, self._document(context, values), runtime.registry.context(), "")
        except TwinError:
            return False
        return True

    def _name(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        return state.name if state else entity_id


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


HOME_FIELDS = (
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

    form_fields: ClassVar = HOME_FIELDS
    _kind = HOME

    @override
    def _suggestions(self, context: FormContext) -> FormValues:
        """Propose the areas that are outdoors by their names."""
        found = outdoor_areas(context.hass)
        return {"scope": {"outdoor_areas": found}} if found else {}
