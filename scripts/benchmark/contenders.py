"""The contenders: this integration, and three integrations that build a mean of sensors."""

from collections.abc import Callable
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry

from .house import entry

type Contender = Callable[[list[str]], ConfigEntry]


def _twin(_sensors: list[str]) -> ConfigEntry:
    first_home = {"persons": {}, "homes": {str(uuid4()): {"name": "House", "zone": "zone.home"}}}
    return entry("digital_twin", data={"first_home": first_home})


def _group(sensors: list[str]) -> ConfigEntry:
    options = {"name": "Mean", "type": "mean", "entities": sensors, "hide_members": False}
    return entry("group", options={"group_type": "sensor", **options})


def _min_max(sensors: list[str]) -> ConfigEntry:
    options = {"name": "Mean", "type": "mean", "entity_ids": sensors, "round_digits": 2}
    return entry("min_max", options=options)


def _template(sensors: list[str]) -> ConfigEntry:
    mean = f"{{{{ expand({sensors}) | map(attribute='state') | map('float') | average }}}}"
    return entry("template", options={"template_type": "sensor", "name": "Mean", "state": mean})


CONTENDERS: dict[str, Contender] = {
    "digital_twin": _twin,
    "group": _group,
    "min_max": _min_max,
    "template": _template,
}
