"""The steps that link a person's metrics to entities."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import (
    EntitySelector,
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
from ...engine.health.sources import is_own, preview_source
from ...engine.health.suggestions import suggest_sources
from ...engine.runtime import Runtime
from ...twin.catalogue import Metric
from ...twin.errors import refuse
from ...twin.metrics.readings import MetricSource, parse_metric_sources, sources_document
from ...twin.people.person import PERSON, Person
from ...twin.records.fields import FaultCollector
from . import choices
from .base import TwinFlow
from .forms import (
    FormErrors,
    FormRow,
    FormValues,
    async_message,
    async_texts,
    metric_name,
    part_text,
    show_form,
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
