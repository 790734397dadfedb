"""What metrics are called in the language of Home Assistant."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ...const import DOMAIN
from ...twin.catalogue import Metric


@callback
def metric_label(hass: HomeAssistant, key: str, metric: Metric | None) -> str:
    """Return what a metric is called: a household names its own.

    Without a name or a text, as for a metric that is gone, the key has to do.
    """
    if metric is not None and metric.name is not None:
        return metric.name
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    path = f"component.{DOMAIN}.selector.metric.options.{key}"
    return texts.get(path) or key.replace("_", " ")
