"""The forms of a person."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, override

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelectorType,
)
import probatio

from ...engine.core.entity_ids import stored_entity_id
from ...engine.health.suggestions import suggest_sources
from ...engine.runtime import Runtime
from ...twin.enums import ActivityLevel, Gender
from ...twin.errors import TwinError
from ...twin.people.person import PERSON
from ...twin.records.person_day import LAST_HOUR
from ...twin.records.revisions import create
from . import choices
from .choices import named
from .inputs import Input, Surroundings, Values, difference
from .sources import SourcesFlow
from .texts import async_texts, metric_name


def _timezone(surroundings: Surroundings) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=sorted(surroundings.registry.context().timezones),
            # Only a selector that takes other values can be searched, too.
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _hour(_surroundings: Surroundings) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=LAST_HOUR, unit_of_measurement="h", mode=NumberSelectorMode.BOX
        )
    )


def _whole(_surroundings: Surroundings, value: float) -> int:
    return int(value)


def _switch(_surroundings: Surroundings) -> BooleanSelector:
    return BooleanSelector()


def _object(_surroundings: Surroundings) -> ObjectSelector:
    return ObjectSelector()


INPUTS = (
    Input(path=("name",), selector=choices.text, required=True),
    Input(
        path=("person_entity",),
        selector=partial(choices.entity, domain="person"),
        show=choices.show_entity,
        read=partial(choices.read_entity, domain="person"),
    ),
    Input(path=("date_of_birth",), selector=choices.date),
    Input(
        path=("gender",),
        selector=partial(choices.option, enum=Gender, key="gender"),
        show=partial(choices.slug, enum=Gender),
    ),
    Input(
        path=("contact_email",),
        selector=partial(choices.text, kind=TextSelectorType.EMAIL, autocomplete="email"),
    ),
    Input(path=("timezone",), selector=_timezone),
    Input(
        path=("activity_level",),
        selector=partial(choices.option, enum=ActivityLevel, key="activity_level"),
        show=partial(choices.slug, enum=ActivityLevel),
    ),
    Input(path=("day_start",), selector=_hour, section="health", read=_whole),
    Input(path=("health_entities",), selector=_switch, section="health"),
    Input(path=("preferences",), selector=_object, section="more", change=difference),
)
SUGGESTED = "suggested"


class PersonFlow(SourcesFlow):
    """Adds and changes people, and links their metrics to entities."""

    inputs: ClassVar = INPUTS
    _given: Values
    # The entities that fit each metric of a new person, and those of them that were chosen.
    _fitting: Mapping[str, list[str]]
    _links: Mapping[str, list[str]] = MappingProxyType({})

    @override
    async def async_step_user(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Add a person; where entities fit their metrics, offer these first."""
        runtime = self._runtime
        if runtime is not None and user_input is not None:
            self._links = {}
            self._fitting = self._fitting_entities(runtime, user_input)
            if self._fitting and await self._async_is_valid(runtime, user_input):
                self._given = user_input
                return await self.async_step_suggested()
        return await super().async_step_user(user_input)

    async def async_step_suggested(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Ask which of the entities that fit are linked, and add the person."""
        runtime = self._runtime
        if runtime is None:
            return self.async_abort(reason="entry_not_loaded")
        if user_input is not None:
            chosen = user_input.get(SUGGESTED, ())
            self._links = {key: self._fitting[key] for key in chosen}
            return await super().async_step_user(self._given)
        texts = await async_texts(self.hass, "selector")
        catalogue = runtime.registry.catalogue
        names = {
            key: f"{metric_name(texts, catalogue[key])}: {', '.join(map(self._name, entity_ids))}"
            for key, entity_ids in self._fitting.items()
        }
        schema = probatio.Schema({probatio.Optional(SUGGESTED): named(names, multiple=True)})
        return self.async_show_form(
            step_id="suggested",
            data_schema=self.add_suggested_values_to_schema(schema, {SUGGESTED: list(names)}),
        )

    @override
    async def async_step_reconfigure(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Ask what to change."""
        self._opened()
        return self.async_show_menu(step_id="reconfigure", menu_options=["details", "metric"])

    async def async_step_details(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Change the fields of the person."""
        return await self._async_step_change("details", user_input)

    @override
    def _suggestions(self, _surroundings: Surroundings) -> Values:
        return {
            "timezone": self.hass.config.time_zone,
            "health": {"day_start": 0, "health_entities": True},
        }

    @override
    def _document(self, surroundings: Surroundings, given: Values) -> dict[str, Any]:
        links = {
            key: [stored_entity_id(self.hass, entity_id) for entity_id in entity_ids]
            for key, entity_ids in self._links.items()
        }
        document = super()._document(surroundings, given)
        return document | {"metric_sources": links} if links else document

    async def _async_is_valid(self, runtime: Runtime, given: Values) -> bool:
        surroundings = await self._async_surroundings(runtime)
        try:
            create(PERSON, self._document(surroundings, given), runtime.registry.context(), "")
        except TwinError:
            return False
        return True

    def _fitting_entities(self, runtime: Runtime, given: Values) -> Mapping[str, list[str]]:
        return suggest_sources(
            self.hass, runtime.registry.catalogue, given["name"], given.get("person_entity")
        )

    def _name(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        return state.name if state else entity_id
