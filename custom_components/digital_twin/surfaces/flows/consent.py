"""The step in which a person chooses who is told what of each metric."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import ObjectSelector, SelectSelector, SelectSelectorMode
import probatio

from ...commands.access import async_ui_actor
from ...commands.twins import async_update
from ...twin.enums import Audience, Disclosure
from ...twin.errors import changed_faults, refuse
from ...twin.metrics.consent import ALL
from ...twin.metrics.person import PERSON, Person
from ...twin.records.revisions import encode
from . import choices
from .forms import (
    FormErrors,
    FormRow,
    FormValues,
    async_texts,
    difference,
    metric_name,
    option_text,
    show_form,
)
from .sources import QuickEntriesFlow

CONSENT: Final = "consent"
METRIC: Final = "metric"
# The option for all metrics that have no row of their own.
OTHERS: Final = "all_metrics"


class ConsentFlow(QuickEntriesFlow):
    """Chooses what each audience is told, in one row for each metric."""

    async def async_step_consent(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Show and save the rows; what is not chosen in a row is as for all metrics."""
        runtime, person = self._opened()
        errors = FormErrors({CONSENT: CONSENT})
        if user_input is not None:
            with errors, changed_faults(lambda each: each.at(CONSENT)):
                wanted = _read_rows(user_input.get(CONSENT) or [])
                patch = {CONSENT: difference(_stored(person), wanted)}
                actor = async_ui_actor(self.hass, runtime)
                return self._async_finish(
                    await async_update(actor, PERSON, self._twin_id, patch, CONSENT)
                )
        texts = await async_texts(self.hass, "selector")
        context = await self._async_form_context(runtime)
        names = {
            key: metric_name(texts, metric) for key, metric in context.registry.catalogue.items()
        }
        schema = probatio.Schema({probatio.Optional(CONSENT): _rows_selector(names, texts)})
        return show_form(self, CONSENT, schema, user_input or _shown(person), errors)


def _stored(person: Person) -> dict[str, Any]:
    document: Any = encode(PERSON, person)[CONSENT]
    return {**document}


def _shown(person: Person) -> FormValues:
    rows = [
        {METRIC: OTHERS if key == ALL else key, **levels} for key, levels in _stored(person).items()
    ]
    return {CONSENT: rows}


def _read_rows(rows: list[FormRow]) -> dict[str, Mapping[str, str]]:
    """Return the document of rows; raises `TwinError` (`duplicate`) for a second one of a metric.

    A row without any choice says nothing.
    """
    found: dict[str, Mapping[str, str]] = {}
    for row in rows:
        key = ALL if row[METRIC] == OTHERS else str(row[METRIC])
        if key in found:
            raise refuse("duplicate", CONSENT, value=str(row[METRIC]))
        found[key] = {name: row[name] for name in Audience.slugs() if row.get(name)}
    return {key: levels for key, levels in found.items() if levels}


def _rows_selector(names: Mapping[str, str], texts: Mapping[str, str]) -> ObjectSelector:
    level = SelectSelector(
        {
            "options": Disclosure.slugs(),
            "translation_key": "disclosure",
            "mode": SelectSelectorMode.DROPDOWN,
        }
    )
    ordered = sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    others = option_text(texts, "consent_metric", OTHERS)
    return choices.rows(
        {
            METRIC: choices.labelled([(OTHERS, others), *ordered]),
            **dict.fromkeys(Audience.slugs(), level),
        },
        (METRIC,),
        Audience.HOUSEHOLD.slug,
        CONSENT,
    )
