"""The steps in which a household adds, changes and removes metrics of its own."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import slugify
import probatio

from ...engine.core.files import StoreFailedError
from ...engine.core.registry import TwinRegistry
from ...twin.catalogue import CATALOGUE, Metric
from ...twin.enums import MetricKind
from ...twin.errors import Fault, TwinError, refuse
from ...twin.metrics.household_metrics import (
    MAX_PRECISION,
    METRICS,
    define_metric,
    household_metrics,
    metric_document,
)
from ...twin.people.person import PERSON
from .choices import named
from .errors import BASE, FormErrors

METRIC: Final = "metric"
CONFIRM: Final = "confirm"
# What may not change any more once there are readings.
FIXED: Final = ("unit", "kind")
PLACES: Final = {
    name: name for name in ("name", "key", *FIXED, "minimum", "maximum", "precision", METRIC)
}

type Values = Mapping[str, Any]


class HouseholdMetricsFlow(OptionsFlow):
    """Keeps the household's metrics in the options."""

    _changed: Metric

    async def async_step_add_metric(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Ask for a new metric."""
        errors = FormErrors()
        if user_input is not None:
            key = user_input.get("key") or slugify(user_input["name"])
            try:
                metric = define_metric(_document(user_input, key))
                if metric.key in self._own:
                    raise refuse("duplicate", "key", value=metric.key)
            except TwinError as error:
                errors = FormErrors.of(map(_mended, error.faults), PLACES)
            else:
                return self._keep({**self._own, metric.key: metric})
        return self._metric_form("add_metric", _schema(("key",)), user_input or {}, errors)

    async def async_step_change_metric(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Ask which metric to change."""
        if user_input is not None:
            self._changed = self._chosen(user_input)
            return await self.async_step_edit_metric()
        return self._choice("change_metric", {}, FormErrors())

    async def async_step_edit_metric(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Ask for the metric as it is to be; what its history depends on is fixed."""
        present = metric_document(self._changed)
        used = self._users(self._changed.key)
        fixed = FIXED if used else ()
        errors = FormErrors()
        if user_input is not None:
            given = {**{name: present[name] for name in fixed}, **user_input}
            try:
                metric = define_metric(
                    _document(given, self._changed.key), self._own.values(), used
                )
            except TwinError as error:
                errors = FormErrors.of(map(_mended, error.faults), PLACES)
            else:
                return self._keep({**self._own, metric.key: metric})
        schema = _schema((), without=fixed)
        return self._metric_form("edit_metric", schema, user_input or present, errors)

    async def async_step_remove_metric(self, user_input: Values | None = None) -> ConfigFlowResult:
        """Ask which metric to remove, with its readings."""
        confirm: dict[probatio.Marker, Selector[Any]] = {
            probatio.Optional(CONFIRM): BooleanSelector()
        }
        errors = FormErrors()
        if user_input is not None:
            metric = self._chosen(user_input)
            if self._users(metric.key) and not user_input.get(CONFIRM):
                errors = FormErrors({CONFIRM: "confirm"})
                return self._choice("remove_metric", confirm, errors, user_input)
            try:
                await self._async_remove(metric.key)
            except TwinError as error:
                errors = FormErrors.of(error.faults, PLACES)
            except StoreFailedError:
                # The store has logged why.
                errors = FormErrors({BASE: "store_failed"})
            else:
                rest = {key: each for key, each in self._own.items() if key != metric.key}
                return self._keep(rest)
        return self._choice("remove_metric", confirm, errors, user_input)

    @property
    def _own(self) -> dict[str, Metric]:
        metrics = household_metrics(self.config_entry.options.get(METRICS))
        return {metric.key: metric for metric in metrics}

    @property
    def _registry(self) -> TwinRegistry:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("entry_not_loaded")
        registry: TwinRegistry = self.config_entry.runtime_data.registry
        return registry

    def _chosen(self, given: Values) -> Metric:
        try:
            return self._own[given[METRIC]]
        except KeyError as error:
            raise AbortFlow("metric_gone") from error

    def _users(self, key: str) -> Collection[str]:
        """Return the metric where anybody has readings of it."""
        registry = self._registry
        used = any(
            key in person.health_metrics or key in registry.histories(person_id)
            for person_id, person in registry.persons.items()
        )
        return (key,) if used else ()

    async def _async_remove(self, key: str) -> None:
        """Forget readings and links of a metric, which otherwise would outlive it."""
        registry = self._registry
        goals = [
            goal.name
            for goal in registry.goals.values()
            if any((each.source or {}).get("metric") == key for each in goal.progress_metrics)
        ]
        if goals:
            raise refuse("in_use", METRIC, value=key, users=goals)
        for person_id, person in list(registry.persons.items()):
            patch = {
                field: {key: None}
                for field in ("health_metrics", "metric_sources")
                if key in getattr(person, field)
            }
            await registry.async_update(PERSON, person_id, patch)

    def _keep(self, metrics: Mapping[str, Metric]) -> ConfigFlowResult:
        documents = [metric_document(metric) for metric in metrics.values()]
        return self.async_create_entry(data={**self.config_entry.options, METRICS: documents})

    def _choice(
        self,
        step_id: str,
        more: Mapping[probatio.Marker, Selector[Any]],
        errors: FormErrors,
        given: Values | None = None,
    ) -> ConfigFlowResult:
        names = {key: metric.name or key for key, metric in self._own.items()}
        schema = probatio.Schema({probatio.Required(METRIC): named(names), **more})
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, given),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )

    def _metric_form(
        self, step_id: str, schema: probatio.Schema, values: Values, errors: FormErrors
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=errors.keys,
            description_placeholders=errors.placeholders,
        )


def _document(given: Values, key: str) -> dict[str, Any]:
    document = {name: value for name, value in given.items() if value is not None}
    if "precision" in document:
        document["precision"] = int(document["precision"])
    return document | {"key": key}


def _mended(fault: Fault) -> Fault:
    """Name a range that is none by what is wrong with it: it is between inputs."""
    if (fault.key, fault.field) != ("out_of_range", "minimum"):
        return fault
    return replace(fault, key="range_reversed" if fault.placeholders["maximum"] else "below_zero")


def _schema(more: Collection[str], without: Collection[str] = ()) -> probatio.Schema:
    number = NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any"))
    decimals = NumberSelectorConfig(min=0, max=MAX_PRECISION, mode=NumberSelectorMode.BOX)
    units = sorted({unit for metric in CATALOGUE.values() for unit in metric.units})
    unit = SelectSelectorConfig(options=units, custom_value=True, mode=SelectSelectorMode.DROPDOWN)
    kind = SelectSelectorConfig(options=MetricKind.slugs(), translation_key="metric_kind")
    fields: dict[probatio.Marker, Selector[Any]] = {
        probatio.Required("name"): TextSelector(),
        probatio.Required("unit"): SelectSelector(unit),
        probatio.Required("kind", default=MetricKind.LEVEL.slug): SelectSelector(kind),
        probatio.Required("minimum"): number,
        probatio.Required("maximum"): number,
        probatio.Optional("precision"): NumberSelector(decimals),
    }
    fields |= {probatio.Optional(name): TextSelector() for name in more}
    return probatio.Schema(
        {marker: field for marker, field in fields.items() if marker.schema not in without}
    )
