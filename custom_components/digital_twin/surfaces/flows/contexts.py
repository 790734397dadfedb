"""The options of contexts: what each pauses, and which entities set them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    EntitySelector,
    Selector,
    SelectSelector,
    SelectSelectorMode,
    TextSelector,
)
import probatio

from ...engine.core.entity_ids import current_entity_id, stored_entity_id
from ...engine.health.sources import is_own
from ...engine.runtime import Runtime
from ...twin.enums import ContextEffect
from ...twin.errors import changed_faults, refuse
from ...twin.home.home import HOME
from ...twin.metrics.person import PERSON
from ...twin.records.context_effects import (
    DEFAULT_EFFECTS,
    EFFECTS_OPTION,
    RULES_OPTION,
    ContextRule,
    contexts_with_effects,
    effects_from_options,
    rules_from_options,
)
from ...twin.records.contexts import ANY_CONTEXT, USUAL
from ...twin.records.fields import FaultCollector
from .choices import named, rows
from .forms import FormErrors, FormValues, show_form

RULES: Final = "rules"


class ContextSteps(OptionsFlow):
    """Changes what contexts pause, and the rules by which entities set them."""

    async def async_step_contexts(self, user_input: FormValues | None = None) -> ConfigFlowResult:
        """Choose for each effect the contexts that have it."""
        if user_input is not None:
            chosen = {each.value: user_input.get(each.value, []) for each in ContextEffect}
            # What is as it was made changes with later versions.
            is_default = effects_from_options(chosen) == DEFAULT_EFFECTS
            return self._keep(EFFECTS_OPTION, None if is_default else chosen)
        stored = self.config_entry.options.get(EFFECTS_OPTION)
        effects = effects_from_options(stored if isinstance(stored, Mapping) else {})
        values = {
            effect.value: [each for each in contexts_with_effects(effect) if each in contexts]
            for effect, contexts in effects.items()
        }
        return show_form(self, "contexts", _effects_schema(), values)

    async def async_step_context_rules(
        self, user_input: FormValues | None = None
    ) -> ConfigFlowResult:
        """Choose which state of an entity stands for which context of whom."""
        runtime = self._running
        errors = FormErrors({RULES: RULES})
        if user_input is not None:
            with errors:
                found = [*self._rules(runtime, user_input.get(RULES) or [])]
                documents = [rule._asdict() for rule in found]
                return self._keep(RULES_OPTION, documents or None)
        shown = [
            {**rule._asdict(), "entity": entity_id}
            for rule in rules_from_options(self.config_entry.options)
            if (entity_id := current_entity_id(self.hass, rule.entity))
        ]
        schema = probatio.Schema({probatio.Optional(RULES): _rules_selector(runtime)})
        return show_form(self, "context_rules", schema, user_input or {RULES: shown}, errors)

    def _rules(self, runtime: Runtime, given: list[dict[str, Any]]) -> list[ContextRule]:
        """Return the rules of the form; raises `TwinError` with the fault of each wrong one."""
        collector = FaultCollector()
        placeholder = ContextRule("", "", "", "")
        found = [
            collector.take(RULES, partial(self._rule, runtime, row), placeholder) for row in given
        ]
        collector.raise_faults()
        return found

    def _rule(self, runtime: Runtime, row: Mapping[str, Any]) -> ContextRule:
        twin_id, entity_id = str(row["twin_id"]), str(row["entity"])
        effect = (
            ContextEffect.PLANS
            if twin_id in runtime.registry.records(PERSON.name)
            else ContextEffect.DEVICES
        )
        allowed = contexts_with_effects(effect)
        if row["context"] not in allowed:
            raise refuse("not_an_option", "", value=row["context"], allowed=allowed)
        if is_own(self.hass, entity_id):
            raise refuse("own_entity", "", value=entity_id)
        with changed_faults(lambda fault: replace(fault, key="entity_gone")):
            entity = stored_entity_id(self.hass, entity_id)
        return ContextRule(twin_id, entity, str(row["state"]).strip(), str(row["context"]))

    @property
    def _running(self) -> Runtime:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            raise AbortFlow("entry_not_loaded")
        runtime: Runtime = self.config_entry.runtime_data
        return runtime

    def _keep(self, name: str, value: object) -> ConfigFlowResult:
        """Replace one option, None for none, and keep the others."""
        kept = {key: each for key, each in self.config_entry.options.items() if key != name}
        return self.async_create_entry(data=kept if value is None else {**kept, name: value})


def _effects_schema() -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Optional(effect.value): SelectSelector(
                {
                    "options": contexts_with_effects(effect),
                    "multiple": True,
                    "mode": SelectSelectorMode.DROPDOWN,
                    "translation_key": "context",
                }
            )
            for effect in ContextEffect
        }
    )


def _rules_selector(runtime: Runtime) -> Selector[Any]:
    names = {
        twin_id: twin.name
        for kind in (PERSON.name, HOME.name)
        for twin_id, twin in runtime.registry.records(kind).items()
    }
    contexts = [each for each in ANY_CONTEXT.options or () if each != USUAL]
    mode = SelectSelectorMode.DROPDOWN
    return rows(
        {
            "entity": EntitySelector(),
            "state": TextSelector(),
            "twin_id": named(names),
            "context": SelectSelector(
                {"options": contexts, "translation_key": "context", "mode": mode}
            ),
        },
        ("entity", "state", "twin_id", "context"),
        "state",
        "context_rule",
    )
