"""The steps in which a person's metrics are linked to entities."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util import dt as dt_util
import probatio

from ...engine.core.entity_ids import current_entity_id, stored_entity_id
from ...engine.health.sources import is_own, preview_source
from ...engine.health.suggestions import suggest_sources
from ...engine.runtime import Runtime
from ...twin.catalogue import Metric
from ...twin.errors import TwinError, refuse
from ...twin.metrics.metric_sources import MetricSource, parse_metric_sources, sources_document
from ...twin.people.person import PERSON, Person
from ...twin.records.object_reader import FaultCollector
from . import choices
from .base import NO_ERRORS, TwinFlow
from .errors import FormErrors
from .inputs import Values
from .texts import async_message, async_texts, metric_name, part_text

METRIC = "metric"
ROWS = "sources"

type Row = Mapping[str, Any]


class SourcesFlow(TwinFlow[Person]):
    """Links metrics one by one, and shows before it does what would be read."""

    _kind = PERSON
    _texts: Mapping[str, str]
    _metric: Metric
    _rows: list[Row]
    _sources: tuple[MetricSource, ...]

    async def async_step_metric(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Ask which metric is linked."""
        runtime, person = self._opened()
        catalogue = runtime.registry.catalogue
        if user_input is not None:
            if user_input[METRIC] not in catalogue:
                return self._metric_form(runtime, person, {METRIC: "not_found"})
            self._metric = catalogue[user_input[METRIC]]
            self._rows = self._present_rows(runtime, person)
            return await self.async_step_links()
        self._texts = await async_texts(self.hass, "selector")
        return self._metric_form(runtime, person, {})

    async def async_step_links(self, user_input: Values | None = None) -> SubentryFlowResult:
        """Ask for the entities, in the order of priority."""
        runtime, _ = self._opened()
        errors = NO_ERRORS
        if user_input is not None:
            self._rows = user_input.get(ROWS) or []
            try:
                self._sources = self._read_rows(runtime)
            except TwinError as error:
                errors = FormErrors.of(
                    error.faults,
                    {ROWS: ROWS, self._metric.key: ROWS},
                    lambda _, part: part_text(self._texts, "metric_source", part),
                )
            else:
                return await self.async_step_preview()
        return self._links_form(errors)

    async def async_step_preview(self, _user_input: Values | None = None) -> SubentryFlowResult:
        """Show what would be read now, and ask whether to keep it."""
        _, person = self._opened()
        return self.async_show_menu(
            step_id="preview",
            menu_options=["save", "save_and_continue", "links"],
            description_placeholders={
                "metric": metric_name(self._texts, self._metric),
                "preview": await self._async_preview(person),
            },
        )

    async def async_step_save(self, _user_input: Values | None = None) -> SubentryFlowResult:
        """Keep the links of the metric."""
        saved = await self._async_save()
        return (
            self._links_form(saved) if isinstance(saved, FormErrors) else self._async_finish(saved)
        )

    async def async_step_save_and_continue(
        self, _user_input: Values | None = None
    ) -> SubentryFlowResult:
        """Keep the links of the metric, and go on with another one."""
        saved = await self._async_save()
        if isinstance(saved, FormErrors):
            return self._links_form(saved)
        return await self.async_step_metric()

    async def _async_save(self) -> Person | FormErrors:
        runtime, _ = self._opened()
        key = self._metric.key
        links = sources_document({key: self._sources})[key] or None
        patch = {"metric_sources": {key: links}}
        work = runtime.registry.async_update(PERSON, self._twin_id, patch)
        return await self._async_try(work, self._texts)

    def _present_rows(self, runtime: Runtime, person: Person) -> list[Row]:
        """Return the links there are, or else those that fit."""
        sources = person.metric_sources.get(self._metric.key, ())
        if not sources:
            linked = person.person_entity and current_entity_id(self.hass, person.person_entity)
            fitting = suggest_sources(
                self.hass, runtime.registry.catalogue, person.name, linked or None
            )
            return [{"entity": entity_id} for entity_id in fitting.get(self._metric.key, ())]
        return [
            {
                "entity": current_entity_id(self.hass, source.entity) or source.entity,
                **({"attribute": source.attribute} if source.attribute else {}),
                **({"unit": source.unit} if source.unit else {}),
            }
            for source in sources
        ]

    def _read_rows(self, runtime: Runtime) -> tuple[MetricSource, ...]:
        """Return the sources that the rows name; raises `TwinError` at each row."""
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

    def _stored(self, row: Row) -> str:
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

    def _metric_form(
        self, runtime: Runtime, person: Person, errors: dict[str, str]
    ) -> SubentryFlowResult:
        names = {}
        for key, metric in runtime.registry.catalogue.items():
            count = len(person.metric_sources.get(key, ()))
            names[key] = metric_name(self._texts, metric) + (f" ({count})" if count else "")
        return self.async_show_form(
            step_id="metric",
            data_schema=probatio.Schema({probatio.Required(METRIC): choices.named(names)}),
            errors=errors,
            last_step=False,
        )

    def _links_form(self, errors: FormErrors) -> SubentryFlowResult:
        schema = probatio.Schema({probatio.Optional(ROWS): _rows_selector(self._metric)})
        return self.async_show_form(
            step_id="links",
            data_schema=self.add_suggested_values_to_schema(schema, {ROWS: self._rows}),
            errors=errors.keys,
            description_placeholders={
                "metric": metric_name(self._texts, self._metric),
                "unit": self._metric.unit,
                **errors.placeholders,
            },
            last_step=False,
        )


def _rows_selector(metric: Metric) -> ObjectSelector:
    """Ask for sources: each is a row of a list, opened in a dialog of its own."""
    unit = SelectSelectorConfig(options=list(metric.units), mode=SelectSelectorMode.DROPDOWN)
    selectors: dict[str, Selector[Any]] = {
        "entity": EntitySelector(),
        "attribute": TextSelector(),
        "unit": SelectSelector(unit),
    }
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={
                name: ObjectSelectorField(selector=selector, required=name == "entity")
                for name, selector in selectors.items()
            },
            multiple=True,
            label_field="entity",
            description_field="attribute",
            translation_key="metric_source",
        )
    )
