"""What writes sentences with the texts of Home Assistant's translations."""

from collections.abc import Mapping

from homeassistant.util import dt as dt_util

from ..const import option_path
from ..twin.values import Wording


def wording_of(texts: Mapping[str, str], language: str, *, markdown: bool = False) -> Wording:
    """Return what writes sentences with the texts of selectors, as of now at the household."""

    def text(key: str) -> str:
        selector, _, option = key.rpartition(".")
        return texts.get(option_path(selector or "briefing", option), "")

    zone = dt_util.get_default_time_zone()
    base = language.replace("_", "-").partition("-")[0].lower()
    return Wording(text, base, dt_util.now().date(), zone, markdown)
