"""The flow of a person."""

from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, override

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
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
from ...twin.people.person import PERSON
from ...twin.records.fields import LAST_HOUR
from ...twin.records.revisions import create
from . import choices
from .choices import named
from .forms import (
    FormContext,
    FormField,
    FormValues,
    async_texts,
    difference,
    metric_name,
    show_form,
)
from .sources import SourcesFlow


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
FORM_FIELDS = (
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


class PersonFlow(SourcesFlow):
    """Adds and changes people, and links their metrics to entities."""

    form_fields: ClassVar = FORM_FIELDS
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
        self._opened()
        return self.async_show_menu(step_id="reconfigure", menu_options=["details", "metric"])

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
