"""The config flow; the forms of the options and the twins are in surfaces/flows/."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, override

from homeassistant.components.person import DOMAIN as PERSON_DOMAIN
from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import probatio

from .const import DOMAIN
from .engine.core.entity_ids import stored_entity_id
from .engine.runtime import first_home_data
from .surfaces.flows.choices import AREAS
from .surfaces.flows.forms import FormErrors, show_form
from .surfaces.flows.goal import GoalFlow
from .surfaces.flows.household_metrics import DigitalTwinOptionsFlow
from .surfaces.flows.people_and_homes import HomeFlow, PersonFlow, outdoor_areas
from .twin.home.home import HOME
from .twin.metrics.person import PERSON
from .twin.records.fields import Context, FaultCollector
from .twin.records.revisions import create

TITLE: Final = "Digital Twin"
NAME: Final = "name"
RESIDENTS: Final = "residents"
OUTDOOR_AREAS: Final = "outdoor_areas"
HEALTH: Final = "health_entities"
EVERYBODY: Final = "everybody"
NOBODY: Final = "nobody"
PLACES: Final = {name: name for name in (NAME, RESIDENTS)}

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(NAME): TextSelector(),
        probatio.Optional(RESIDENTS, default=list): EntitySelector(
            EntitySelectorConfig(filter={"domain": PERSON_DOMAIN}, multiple=True)
        ),
        probatio.Optional(OUTDOOR_AREAS): AREAS,
        probatio.Required(HEALTH, default=EVERYBODY): SelectSelector(
            SelectSelectorConfig(
                options=[EVERYBODY, NOBODY],
                mode=SelectSelectorMode.LIST,
                translation_key="health_visibility",
            )
        ),
    }
)


class DigitalTwinConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the first home and its residents."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set the integration up."""
        errors = FormErrors(PLACES)
        if user_input is not None:
            with errors:
                data = _first_home(self.hass, user_input)
                return self.async_create_entry(title=TITLE, data=data)
        suggested = user_input or {
            NAME: self.hass.config.location_name,
            RESIDENTS: self.hass.states.async_entity_ids(PERSON_DOMAIN),
            HEALTH: EVERYBODY,
        }
        if user_input is None and (found := outdoor_areas(self.hass)):
            suggested[OUTDOOR_AREAS] = found
        return show_form(self, "user", SCHEMA, suggested, errors)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> DigitalTwinOptionsFlow:
        """Return the flow that changes the options."""
        return DigitalTwinOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow of each type of subentry."""
        return {"home": HomeFlow, "person": PersonFlow, "goal": GoalFlow}


def _first_home(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, Any]:
    """Make the data of the entry; raises `TwinError` if its first set-up would fail."""
    collector = FaultCollector()
    context = Context(now=dt_util.utcnow(), today=dt_util.now().date())
    collector.take("", partial(create, HOME, {NAME: given[NAME]}, context, ""), None)
    residents: list[tuple[str, str]] = []
    for entity_id in dict.fromkeys(given[RESIDENTS]):
        state = hass.states.get(entity_id)
        document = {NAME: state.name if state else entity_id}
        collector.take(RESIDENTS, partial(create, PERSON, document, context, ""), None)
        stored = collector.take(
            RESIDENTS, partial(stored_entity_id, hass, entity_id, PERSON_DOMAIN), ""
        )
        residents.append((document[NAME], stored))
    collector.raise_faults()
    return first_home_data(
        given[NAME],
        residents,
        given.get(OUTDOOR_AREAS, ()),
        health_entities=given[HEALTH] == EVERYBODY,
    )
