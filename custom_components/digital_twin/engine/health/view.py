"""Reads what surfaces show of people's health: values as of now, and the names of metrics."""

from datetime import datetime

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...twin.catalogue import Metric
from ...twin.people.health import PersonHealth
from ...twin.people.person import Person
from ..core.registry import TwinRegistry


@callback
def person_health(
    registry: TwinRegistry, person: Person, now: datetime | None = None
) -> PersonHealth:
    """Return the health of a person at a time (aware), by default now.

    The result refers to the live histories: do not keep it beyond the callback.
    """
    return PersonHealth(
        person=person,
        days=registry.person_days(person),
        histories=registry.histories(person.person_id),
        catalogue=registry.catalogue,
        now=now or dt_util.utcnow(),
    )


@callback
def metric_label(hass: HomeAssistant, key: str, metric: Metric | None) -> str:
    """Return the name of a metric: the household's own one, else that in Home Assistant's language.

    The key stands in for a metric that was removed or has no translation.
    """
    if metric is not None and metric.name is not None:
        return metric.name
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    path = f"component.{DOMAIN}.selector.metric.options.{key}"
    return texts.get(path) or key.replace("_", " ")
