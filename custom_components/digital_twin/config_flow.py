"""The set-up of the integration in the UI, its options, and the forms of the twins."""

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
    DeviceSelector,
    DeviceSelectorConfig,
    EntitySelector,
    EntitySelectorConfig,
    LabelSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import probatio

from .const import DOMAIN
from .engine.entity_ids import stored_entity_id
from .engine.first_home import first_home_data
from .flows.errors import FormErrors
from .flows.goal import GoalFlow
from .flows.goals_folder import GoalsFolderStep
from .flows.home import HomeFlow
from .flows.person import PersonFlow
from .twin.collecting import Collector
from .twin.errors import TwinError
from .twin.fields import Context
from .twin.home import HOME
from .twin.person import PERSON
from .twin.records import create
from .twin.thresholds import BOUNDS, IGNORED_DEVICES, LABELS, Bound, Thresholds

TITLE: Final = "Digital Twin"
NAME: Final = "name"
RESIDENTS: Final = "residents"
PLACES: Final = {name: name for name in (NAME, RESIDENTS)}
THRESHOLDS: Final = {name: name for name in (*BOUNDS, *LABELS, IGNORED_DEVICES)}

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(NAME): TextSelector(),
        probatio.Optional(RESIDENTS, default=list): EntitySelector(
            EntitySelectorConfig(filter={"domain": PERSON_DOMAIN}, multiple=True)
        ),
    }
)


class DigitalTwinConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for the first home and who lives there; the rest is added from the UI or actions."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set the integration up."""
        errors = FormErrors()
        if user_input is not None:
            try:
                data = _first_home(self.hass, user_input)
            except TwinError as error:
                errors = FormErrors.of(error.faults, PLACES)
            else:
                return self.async_create_entry(title=TITLE, data=data)
        suggested = user_input or {
            NAME: self.hass.config.location_name,
            RESIDENTS: self.hass.states.async_entity_ids(PERSON_DOMAIN),
        }
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, suggested),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )

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
        """Return what can be added to the entry."""
        return {"home": HomeFlow, "person": PersonFlow, "goal": GoalFlow}


class DigitalTwinOptionsFlow(GoalsFolderStep):
    """Changes the thresholds by which homes are judged, or the goals folder.

    Both count at once, without a reload.
    """

    async def async_step_init(self, _user_input: object = None) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="init", menu_options=["thresholds", "goals_folder"])

    async def async_step_thresholds(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and keep all thresholds."""
        errors = FormErrors()
        present = self.config_entry.options
        if user_input is not None:
            others = {name: value for name, value in present.items() if name not in THRESHOLDS}
            try:
                Thresholds.from_options(user_input)
            except TwinError as error:
                errors = FormErrors.of(error.faults, THRESHOLDS)
            else:
                return self.async_create_entry(data=others | user_input)
        defaults = {name: bound.default for name, bound in BOUNDS.items()}
        values = {**defaults, **present} if user_input is None else user_input
        return self.async_show_form(
            step_id="thresholds",
            data_schema=self.add_suggested_values_to_schema(_options_schema(), values),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )


def _options_schema() -> probatio.Schema:
    fields: dict[probatio.Marker, Selector[Any]] = {
        probatio.Required(name): _threshold_selector(bound) for name, bound in BOUNDS.items()
    }
    devices = DeviceSelector(DeviceSelectorConfig(multiple=True))
    return probatio.Schema(
        fields
        | {probatio.Optional(name): LabelSelector() for name in LABELS}
        | {probatio.Optional(IGNORED_DEVICES): devices}
    )


def _threshold_selector(bound: Bound) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(
            min=bound.minimum,
            max=bound.maximum,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=bound.unit.value,
        )
    )


def _first_home(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, Any]:
    """Make the entry's data; what its first set-up would refuse is refused here."""
    collector = Collector()
    context = Context(now=dt_util.utcnow(), today=dt_util.now().date())
    collector.take("", partial(create, HOME, {NAME: given[NAME]}, context, ""), None)
    residents: list[tuple[str, str]] = []
    for entity_id in given[RESIDENTS]:
        state = hass.states.get(entity_id)
        document = {NAME: state.name if state else entity_id}
        collector.take(RESIDENTS, partial(create, PERSON, document, context, ""), None)
        stored = collector.take(RESIDENTS, partial(stored_entity_id, hass, entity_id), "")
        residents.append((document[NAME], stored))
    collector.settle()
    return first_home_data(given[NAME], residents)
