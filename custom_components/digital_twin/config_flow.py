"""The config flow; the forms of the options and the twins are in surfaces/flows/."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, override

from homeassistant.components.person import DOMAIN as PERSON_DOMAIN
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
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
from .surfaces.flows import FIRST_STEPS
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
# What the form of the home leads on to: the form of a first twin, the goals folder, or nothing.
NEXT: Final = "next"
TWINS: Final = ("person", "goal")
FOLDER: Final = "goals_folder"
LATER: Final = "later"
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
        probatio.Required(NEXT, default=LATER): SelectSelector(
            SelectSelectorConfig(
                options=[*TWINS, FOLDER, LATER],
                mode=SelectSelectorMode.LIST,
                translation_key="next_step",
            )
        ),
    }
)


class DigitalTwinConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the first home and its residents, and leads on to what is next."""

    _next = LATER

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set the integration up."""
        errors = FormErrors(PLACES)
        if user_input is not None:
            with errors:
                data = _first_home(self.hass, user_input)
                self._next = user_input[NEXT]
                return self.async_create_entry(
                    title=TITLE, data=data, description_placeholders=FIRST_STEPS
                )
        residents = self.hass.states.async_entity_ids(PERSON_DOMAIN)
        suggested = user_input or {
            NAME: self.hass.config.location_name,
            RESIDENTS: residents,
            HEALTH: EVERYBODY,
            NEXT: "goal" if residents else "person",
        }
        if user_input is None and (found := outdoor_areas(self.hass)):
            suggested[OUTDOOR_AREAS] = found
        return show_form(self, "user", SCHEMA, suggested, errors)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Open the form that was chosen to be next; the entry is there, so it may be left."""
        entry_id = result["result"].entry_id
        flows = self.hass.config_entries
        if self._next in TWINS:
            context = SubentryFlowContext(source=SOURCE_USER)
            form = await flows.subentries.async_init((entry_id, self._next), context=context)
            next_flow = FlowType.CONFIG_SUBENTRIES_FLOW, form["flow_id"]
            is_open = form["type"] is FlowResultType.FORM
        elif self._next == FOLDER:
            menu = await flows.options.async_init(entry_id)
            is_open = menu["type"] is FlowResultType.MENU
            if is_open:
                await flows.options.async_configure(menu["flow_id"], {"next_step_id": FOLDER})
            next_flow = FlowType.OPTIONS_FLOW, menu["flow_id"]
        else:
            return result
        if is_open:
            result["next_flow"] = next_flow
        return result

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
