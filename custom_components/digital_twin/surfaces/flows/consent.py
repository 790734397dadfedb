"""The steps in which a person chooses who is told what of each metric."""

from collections.abc import Mapping
from typing import Final

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.helpers.selector import SelectSelector, SelectSelectorMode
import probatio

from ...commands.access import async_ui_actor
from ...commands.twins import async_update
from ...twin.catalogue import Metric
from ...twin.enums import Audience, Disclosure
from ...twin.metrics.consent import ALL
from ...twin.metrics.person import PERSON, Person
from . import choices
from .forms import FormErrors, FormValues, async_texts, metric_name, option_text, show_form
from .sources import METRIC, QuickEntriesFlow

CONSENT: Final = "consent"
LEVELS: Final = "consent_levels"
# The option for all metrics of which nothing is chosen.
OTHERS: Final = "all_metrics"
LEVEL: Final = SelectSelector(
    {
        "options": Disclosure.slugs(),
        "translation_key": "disclosure",
        "mode": SelectSelectorMode.DROPDOWN,
    }
)


class ConsentFlow(QuickEntriesFlow):
    """Chooses what each audience is told of one metric after the other, or of all others."""

    _disclosed: str

    async def async_step_consent(self, user_input: FormValues | None = None) -> SubentryFlowResult:
        """Choose the metric; what is chosen of each stands behind its name."""
        runtime, person = self._opened()
        catalogue, errors = runtime.registry.catalogue, FormErrors()
        texts = await async_texts(self.hass, "selector")
        if user_input is not None:
            self._disclosed = ALL if user_input[METRIC] == OTHERS else user_input[METRIC]
            if self._disclosed in (ALL, *catalogue):
                return await self.async_step_consent_levels()
            errors.keys[METRIC] = "not_found"
        options = [(OTHERS, _labelled(texts, person, ALL, _name(texts, catalogue, ALL)))]
        names = {key: _name(texts, catalogue, key) for key in catalogue}
        for key, name in sorted(names.items(), key=lambda item: (item[1].casefold(), item[0])):
            options.append((key, _labelled(texts, person, key, name)))
        schema = probatio.Schema({probatio.Required(METRIC): choices.labelled(options)})
        return show_form(self, CONSENT, schema, user_input, errors, last_step=False)

    async def async_step_consent_levels(
        self, user_input: FormValues | None = None
    ) -> SubentryFlowResult:
        """Choose what each audience is told; an empty field is as for all other metrics."""
        runtime, person = self._opened()
        errors, key = FormErrors(), self._disclosed
        if user_input is not None:
            levels = {name: user_input.get(name) for name in Audience.slugs()}
            actor = async_ui_actor(self.hass, runtime)
            with errors:
                patch = {CONSENT: {key: levels if any(levels.values()) else None}}
                return self._async_finish(
                    await async_update(actor, PERSON, self._twin_id, patch, CONSENT)
                )
        texts = await async_texts(self.hass, "selector")
        present = {name.slug: level.slug for name, level in person.consent.get(key, {}).items()}
        schema = probatio.Schema({probatio.Optional(name): LEVEL for name in Audience.slugs()})
        name = _name(texts, runtime.registry.catalogue, key)
        return show_form(self, LEVELS, schema, user_input or present, errors, metric=name)


def _name(texts: Mapping[str, str], catalogue: Mapping[str, Metric], key: str) -> str:
    if key == ALL:
        return option_text(texts, "consent_metric", OTHERS)
    return metric_name(texts, catalogue[key]) if key in catalogue else key


def _labelled(texts: Mapping[str, str], person: Person, key: str, name: str) -> str:
    """Return the name of a metric with what is chosen of it, as `Weight (Household: nothing)`."""
    told = [
        f"{option_text(texts, 'audience', audience.slug)}: "
        f"{option_text(texts, 'disclosure', level.slug)}"
        for audience, level in person.consent.get(key, {}).items()
    ]
    return f"{name} ({'; '.join(told)})" if told else name
