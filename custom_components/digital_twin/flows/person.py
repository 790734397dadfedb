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
    Input(path=("preferences",), selector=_object, section="more", change=difference),
)


class PersonFlow(TwinFlow[Person]):
    """Adds and changes people."""

    inputs: ClassVar = INPUTS
    _kind = PERSON

    @override
    def _suggestions(self, _surroundings: Surroundings) -> Values:
        return {"timezone": self.hass.config.time_zone}
