"""The steps that link a person's metrics to entities, and those of the person's quick entries."""

from collections.abc import Mapping
from functools import partial
import re
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    IconSelector,
    ObjectSelector,
    Selector,
    SelectSelector,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import probatio

from ...commands.access import async_ui_actor
from ...commands.twins import async_update
from ...engine.core.entity_ids import current_entity_id, stored_entity_id
from ...engine.health.sources import is_own, preview_source, shown_unit
from ...engine.health.suggestions import suggest_sources
from ...engine.runtime import Runtime
from ...twin.catalogue import CATALOGUE, Metric
from ...twin.errors import Fault, changed_faults, refuse
from ...twin.metrics.person import PERSON, SUGGESTIONS, Person
from ...twin.metrics.readings import MetricSource, parse_metric_sources, sources_document
from ...twin.metrics.units import convert_unit
from ...twin.records.fields import FaultCollector
from ...twin.records.revisions import encode
from . import TwinFlow, choices
from .forms import (
    FormErrors,
    FormField,
    FormRow,
    FormValues,
    async_message,
    async_texts,
    error_places,
    form_schema,
    form_values,
    metric_name,
    option_text,
    part_text,
    row_with,
    show_form,
    with_row,
    without_row,
)

METRIC = "metric"
ROWS = "sources"


class SourcesFlow(TwinFlow[Person]):
    """Links one metric after the other; a preview shows the values before they are saved."""

    _kind = PERSON
    _texts: Mapping[str, str]
    _metric: Metric
    _rows: list[FormRow]
    # Entities that fit, too; one source is enough for most metrics.
    _further: list[str]
    _sources: tuple[MetricSource, ...]

    async def async_step_metric(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Choose the metric to link."""
        runtime, person = self._opened()
        catalogue = runtime.registry.catalogue
        errors = FormErrors()
        if user_input is None:
            self._texts = await async_texts(self.hass, "selector")
        elif user_input[METRIC] in catalogue:
            self._metric = catalogue[user_input[METRIC]]
            self._rows = self._present_rows(runtime, person)
            return await self.async_step_links()
        else:
            errors.keys[METRIC] = "not_found"
        names = {}
        for key, metric in catalogue.items():
            count = len(person.metric_sources.get(key, ()))
            names[key] = metric_name(self._texts, metric) + (f" ({count})" if count else "")
        schema = probatio.Schema({probatio.Required(METRIC): choices.named(names)})
        return show_form(self, "metric", schema, errors=errors, last_step=False)

    async def async_step_links(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Choose the entities, in the order of priority."""
        runtime, _ = self._opened()
        errors = self._link_errors()
        if user_input is not None:
            self._rows = user_input.get(ROWS) or []
            with errors:
                self._sources = self._read_rows(runtime)
                return await self.async_step_preview()
        return self._links_form(errors)

    async def async_step_preview(self, _user_input: FormValues | None = None) -> SubentryFlowResult:
        """Show the values that would be read now."""
        _, person = self._opened()
        return self.async_show_menu(
            step_id="preview",
            menu_options=["save", "save_and_continue", "links"],
            description_placeholders={
                "metric": metric_name(self._texts, self._metric),
                "preview": await self._async_preview(person),
            },
        )

    async def async_step_save(self, _user_input: FormValues | None = None) -> SubentryFlowResult:
        """Save the links of the metric."""
        with (errors := self._link_errors()):
            return self._async_finish(await self._async_save())
        return self._links_form(errors)

    async def async_step_save_and_continue(
        self, _user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Save the links of the metric, and choose another metric."""
        with (errors := self._link_errors()):
            await self._async_save()
            return await self.async_step_metric()
        return self._links_form(errors)

    async def _async_save(self) -> Person:
        runtime, _ = self._opened()
        key = self._metric.key
        links = sources_document({key: self._sources})[key] or None
        patch = {"metric_sources": {key: links}}
        actor = async_ui_actor(self.hass, runtime)
        return await async_update(actor, PERSON, self._twin_id, patch, "metric_sources")

    def _present_rows(self, runtime: Runtime, person: Person) -> list[FormRow]:
        """Return the present links, or else the best suggestion."""
        sources = person.metric_sources.get(self._metric.key, ())
        linked = person.person_entity and current_entity_id(self.hass, person.person_entity)
        fitting = suggest_sources(
            self.hass,
            runtime.registry.catalogue,
            person.name,
            linked or None,
            [other.name for other in runtime.registry.persons.values()],
        ).get(self._metric.key, [])
        present = {current_entity_id(self.hass, source.entity) for source in sources}
        further = [entity_id for entity_id in fitting if entity_id not in present]
        self._further = further if sources else further[1:]
        if not sources:
            return [{"entity": entity_id} for entity_id in fitting[:1]]
        return [
            {
                "entity": current_entity_id(self.hass, source.entity) or source.entity,
                **({"attribute": source.attribute} if source.attribute else {}),
                **({"unit": source.unit} if source.unit else {}),
            }
            for source in sources
        ]

    def _read_rows(self, runtime: Runtime) -> tuple[MetricSource, ...]:
        """Return the sources in the rows; raises `TwinError` with a fault for each bad row."""
        collector = FaultCollector()
        documents = [
            {
                **row,
                "entity": collector.take(f"{ROWS}[{index}].entity", partial(self._stored, row), ""),
            }
            for index, row in enumerate(self._rows)
        ]
        collector.raise_faults()
        key = self._metric.key
        return parse_metric_sources({key: documents}, runtime.registry.context()).get(key, ())

    def _stored(self, row: FormRow) -> str:
        entity_id: str = row["entity"]
        if is_own(self.hass, entity_id):
            raise refuse("own_entity", "", value=entity_id)
        return stored_entity_id(self.hass, entity_id)

    async def _async_preview(self, person: Person) -> str:
        zone = await dt_util.async_get_time_zone(person.timezone)
        lines = []
        for source in self._sources:
            entity_id = current_entity_id(self.hass, source.entity) or source.entity
            state = self.hass.states.get(entity_id)
            name = state.name if state else entity_id
            found = preview_source(self.hass, self._metric, source)
            if found.problem is not None:
                lines.append(await async_message(self.hass, found.problem, name))
            if found.reading is not None:
                value = f"{found.reading.value:.{self._metric.precision}f} {self._metric.unit}"
                time = found.reading.measured_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
                lines.append(f"{name}: **{value}** ({time})")
        return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)) or "-"

    def _link_errors(self) -> FormErrors:
        return FormErrors(
            {ROWS: ROWS, self._metric.key: ROWS},
            lambda _, part: part_text(self._texts, "metric_source", part),
        )

    def _links_form(self, errors: FormErrors) -> SubentryFlowResult:
        return show_form(
            self,
            "links",
            probatio.Schema({probatio.Optional(ROWS): _rows_selector(self._metric)}),
            {ROWS: self._rows},
            errors,
            last_step=False,
            metric=metric_name(self._texts, self._metric),
            unit=self._metric.unit,
            further=", ".join(self._further) or "-",
        )


def _rows_selector(metric: Metric) -> ObjectSelector:
    unit = SelectSelector({"options": list(metric.units), "mode": SelectSelectorMode.DROPDOWN})
    selectors: dict[str, Selector[Any]] = {
        "entity": EntitySelector(),
        "attribute": TextSelector(),
        "unit": unit,
    }
    return choices.rows(selectors, ("entity",), described_by="attribute", key="metric_source")


ENTRY: Final = "entry"
QUICK_ENTRIES: Final = "quick_entries"
SECOND: Final = "second"
# Nothing of it is required in the form: the frontend would preset it.
AMOUNT: Final[Mapping[str, Any]] = {
    "metric": choices.metrics,
    "value": choices.NUMBER,
    "unit": choices.units,
}
SUGGESTION: Final = "suggestion"
OWN: Final = "own"
# The place of a fault within the list.
LISTED_ENTRY: Final = re.compile(rf"{QUICK_ENTRIES}\[\d+\]\.")
SUGGESTION_SELECTOR: Final = SelectSelector(
    {
        "options": [*SUGGESTIONS, OWN],
        "translation_key": "quick_entry",
        "mode": SelectSelectorMode.LIST,
    }
)
ENTRY_FIELDS: Final = (
    FormField(("name",), choices.text(), required=True),
    *(FormField((name,), selector) for name, selector in AMOUNT.items()),
    FormField(("icon",), IconSelector()),
    *(FormField((SECOND, name), each, section=SECOND) for name, each in AMOUNT.items()),
)


class QuickEntriesFlow(SourcesFlow):
    """Adds, changes and removes the quick entries of a person, one by one."""

    # The key of the entry that is changed; None for a new one.
    _key: str | None = None
    _suggested: FormValues = MappingProxyType({})

    async def async_step_quick_entry(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Choose what a new entry is like."""
        _, person = self._opened()
        if user_input is not None:
            self._suggested = await self._async_suggested(person, user_input[SUGGESTION])
            return await self.async_step_entry()
        schema = probatio.Schema({probatio.Required(SUGGESTION): SUGGESTION_SELECTOR})
        return show_form(self, "quick_entry", schema, last_step=False)

    async def async_step_entries(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Choose the entry to change or to remove."""
        runtime, person = self._opened()
        names = {entry.key: entry.name for entry in person.quick_entries}
        schema = probatio.Schema(
            {
                probatio.Required(ENTRY): choices.labelled(names.items()),
                probatio.Optional("remove"): BooleanSelector(),
            }
        )
        errors = FormErrors()
        if user_input is not None and user_input[ENTRY] not in names:
            errors.keys[ENTRY] = "not_found"
        elif user_input is not None:
            self._key = user_input[ENTRY]
            documents = self._documents()
            if not user_input.get("remove"):
                self._suggested = _entry_values(row_with(documents, self._key))
                return await self.async_step_entry()
            with errors:
                return await self._async_write(runtime, without_row(documents, self._key))
        return show_form(self, "entries", schema, user_input, errors, last_step=False)

    async def async_step_entry(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Fill in the entry."""
        runtime, person = self._opened()
        context = await self._async_form_context(runtime)
        errors = FormErrors(error_places(ENTRY_FIELDS))
        values = user_input
        if user_input is None:
            values = form_values(ENTRY_FIELDS, context, self._suggested)
        else:
            documents = self._documents()
            present = row_with(documents, self._key)
            with errors, changed_faults(partial(_at_form_field, user_input)):
                changed = self._document_of(person, present, user_input)
                return await self._async_write(runtime, with_row(documents, present, changed))
        expanded = [SECOND] if values and values.get(SECOND) else errors.keys
        schema = form_schema(ENTRY_FIELDS, context, expanded=expanded)
        return show_form(self, ENTRY, schema, values, errors)

    async def _async_write(self, runtime: Runtime, documents: list[FormRow]) -> SubentryFlowResult:
        actor = async_ui_actor(self.hass, runtime)
        patch = {QUICK_ENTRIES: documents}
        changed = await async_update(actor, PERSON, self._twin_id, patch, QUICK_ENTRIES)
        return self._async_finish(changed)

    def _documents(self) -> list[FormRow]:
        documents: Any = encode(PERSON, self._opened()[1])[QUICK_ENTRIES]
        return [*documents]

    def _document_of(self, person: Person, present: FormRow, values: FormValues) -> FormRow:
        """Return the document of an entry; what a form does not show of it is kept."""
        shown = _entry_values(present) if present else {}
        kept = {
            metric: amount
            for metric, amount in present.get("metrics", {}).items()
            if metric not in (shown.get("metric"), shown.get(SECOND, {}).get("metric"))
        }
        first = self._amount_of(person, values, "metric")
        if not first:
            raise refuse("required_field", "metric")
        second = self._amount_of(person, values.get(SECOND, {}), SECOND)
        if second.keys() & {*first, *kept}:
            raise refuse("duplicate", SECOND, value=next(iter(second)))
        return {
            "key": self._key,
            "name": values["name"],
            "icon": values.get("icon") or None,
            "metrics": {**first, **second, **kept},
        }

    def _amount_of(self, person: Person, values: FormValues, at: str) -> dict[str, FormRow]:
        """Return an amount by its metric; without a unit in the one that the sensor shows."""
        key, value, unit = (values.get(name) for name in AMOUNT)
        if key is None and value is None:
            return {}
        metric = self._opened()[0].registry.catalogue.get(str(key))
        if metric is None:
            raise refuse("required_field", at)
        return {metric.key: {"value": value, "unit": unit or shown_unit(self.hass, person, metric)}}

    async def _async_suggested(self, person: Person, suggestion: str) -> FormValues:
        """Return the values of a suggested entry, in the units in which sensors show them."""
        if suggestion == OWN:
            return {}
        amounts: dict[str, FormRow] = {}
        for key, value in SUGGESTIONS[suggestion].metrics.items():
            unit = shown_unit(self.hass, person, CATALOGUE[key])
            shown = round(convert_unit(value, CATALOGUE[key].unit, unit))
            amounts[key] = {"value": shown, "unit": unit}
        texts = await async_texts(self.hass, "selector")
        name = option_text(texts, "quick_entry", suggestion)
        icon = SUGGESTIONS[suggestion].icon
        return _entry_values({"name": name, "icon": icon, "metrics": amounts})


def _entry_values(document: FormRow) -> FormValues:
    """Return what a form shows of an entry: the first two of its amounts."""
    amounts: list[FormRow] = [
        {"metric": metric, **amount} for metric, amount in document["metrics"].items()
    ]
    values = {"name": document["name"], "icon": document["icon"]}
    return {**values, **amounts[0], **({SECOND: amounts[1]} if amounts[1:] else {})}


def _at_form_field(values: FormValues, found: Fault) -> Fault:
    """Name the form field of a fault of an entry."""
    second = values.get(SECOND, {}).get("metric")
    name, _, rest = LISTED_ENTRY.sub("", found.field).partition(".")
    metric, _, part = rest.partition(".")
    if name != "metrics":
        return found.at(name)
    return found.at(SECOND if metric == second else part or "value")
