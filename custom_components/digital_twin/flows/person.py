"""The form of a person."""

from functools import partial
from typing import ClassVar, override

from homeassistant.helpers.selector import (
    ObjectSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelectorType,
)

from ..twin.enums import ActivityLevel, Gender
from ..twin.person import PERSON, Person
from . import choices
from .base import TwinFlow
from .inputs import Input, Surroundings, Values, difference


def _timezone(surroundings: Surroundings) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=sorted(surroundings.registry.context().timezones),
            # Only a selector that takes other values can be searched, too.
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _object(_surroundings: Surroundings) -> ObjectSelector:
    return ObjectSelector()


INPUTS = (
    Input(path=("name",), selector=choices.text, required=True),
    Input(
        path=("person_entity",),
        selector=partial(choices.entity, domain="person"),
        show=choices.show_entity,
        read=choices.read_entity,
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
    _given: Values | None = None
    _fitting: Mapping[str, list[str]]

    @override
    async def async_step_user(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Add a person, after entities that fit were offered."""
        runtime = self._runtime
        if runtime is None or user_input is None:
            return await super().async_step_user(user_input)
        self._fitting = self._suggest(runtime, user_input)
        if not self._fitting or not await self._async_is_complete(runtime, user_input):
            return await super().async_step_user(user_input)
        self._given = user_input
        return await self.async_step_suggested()

    async def async_step_suggested(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Offer entities that fit the person's metrics."""
        if user_input is not None:
            chosen = user_input.get(SUGGESTED, ())
            self._fitting = {key: self._fitting[key] for key in chosen}
            return await super().async_step_user(self._given)
        texts = await async_texts(self.hass, "selector")
        catalogue = self._opened_registry.catalogue
        names = {
            key: f"{metric_name(texts, catalogue[key])}: {self._names(entity_ids)}"
            for key, entity_ids in self._fitting.items()
        }
        schema = probatio.Schema(
            {probatio.Optional(SUGGESTED, default=list): choices.named(names, multiple=True)}
        )
        return self.async_show_form(
            step_id="suggested",
            data_schema=self.add_suggested_values_to_schema(schema, {SUGGESTED: list(names)}),
        )

    @override
    async def async_step_reconfigure(
        self, user_input: Values | None = None
    ) -> SubentryFlowResult:
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
