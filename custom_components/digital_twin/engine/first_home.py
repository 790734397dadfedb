"""The home and the residents that the set-up form names."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from .core.registry import KINDS, TwinRegistry

FIRST_HOME = "first_home"


def first_home_data(name: str, residents: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Make the entry's data from the form: the home's name, and name and entity of residents.

    The ids are chosen here, so that a set-up which is interrupted goes on with the same twins.
    """
    persons = {
        str(uuid4()): {"name": person, "person_entity": entity} for person, entity in residents
    }
    home = {"name": name, "zone": "zone.home", "residents": list(persons)}
    return {FIRST_HOME: {"persons": persons, "homes": {str(uuid4()): home}}}


async def async_create_first_home(registry: TwinRegistry, data: Mapping[str, Any]) -> None:
    """Create the twins that the form named, unless they are there already."""
    for name, documents in (("person", data["persons"]), ("home", data["homes"])):
        for twin_id, document in documents.items():
            if twin_id not in registry.records(name):
                await registry.async_create(KINDS[name], document, twin_id=twin_id)
