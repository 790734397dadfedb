"""The description of the API: whole, truthful, and made from the tables that validate."""

from collections.abc import Iterator
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.surfaces.errors import REFUSALS

from .conftest import API, Api
from .json_schema import Schema, faults

# Where schemas are, below a schema.
INNER = ("items", "additionalProperties")


def _schemas(part: object) -> Iterator[Any]:
    """Yield every schema of a description, and those within."""
    if isinstance(part, list):
        for item in part:
            yield from _schemas(item)
    if not isinstance(part, dict):
        return
    found = [part["schema"]] if "schema" in part else []
    found += [part[name] for name in INNER if isinstance(part.get(name), dict)]
    found += part.get("anyOf", [])
    properties = part.get("properties")
    if isinstance(properties, dict) and "type" in part:
        found += properties.values()
    yield from found
    for item in part.values():
        yield from _schemas(item)


def _operations(description: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                yield path, method, operation


async def test_no_schema_says_nothing(api: Api) -> None:
    found = list(_schemas(api.description))
    assert len(found) > 500
    for schema in (*found, *api.description["components"]["schemas"].values()):
        assert schema.keys() & {"$ref", "type", "enum", "anyOf"}, schema


async def test_every_reference_leads_somewhere(api: Api) -> None:
    for schema in _schemas(api.description):
        if "$ref" in schema:
            _, section, name = schema["$ref"].removeprefix("#/").split("/")
            assert name in api.description["components"][section]


async def test_what_is_served_is_what_is_described(hass: HomeAssistant, api: Api) -> None:
    assert await api.ok("GET", "/openapi.json") == api.description
    served = set()
    for route in hass.http.app.router.routes():
        path = route.resource.canonical if route.resource else ""
        if path.startswith(f"{API}/") and route.method != "OPTIONS":
            kinds = [f"{kind}s" for kind in KINDS] if "{kinds}" in path else [""]
            for name in kinds:
                identity = "{goal_id}".replace("goal", name.removesuffix("s"))
                known = path.removeprefix(API).replace("{kinds}", name)
                known = known.replace("{twin}", identity).replace("{person}", "{person_id}")
                served.add((known, route.method.lower()))
    assert served == {(path, method) for path, method, _ in _operations(api.description)}


async def test_every_operation_says_who_may_call_it_and_what_may_come(api: Api) -> None:
    assert api.description["security"] == [{"bearer": []}]
    names = set()
    for path, method, operation in _operations(api.description):
        names.add(operation["operationId"])
        codes = operation["responses"].keys()
        assert {"400", "401", "403", "503"} <= codes
        assert ("404" in codes) is ("{" in path or path == "/changes")
        assert ({"409", "500"} <= codes) is (method in {"post", "patch", "delete"})
        assert ({"413", "415"} <= codes) is ("requestBody" in operation)
        parameters = [*api.description["paths"][path].get("parameters", ())]
        given = {each["name"] for each in parameters if each["in"] == "path"}
        assert given == {path.split("{")[1].split("}")[0]} if "{" in path else not given
    assert len(names) == len(list(_operations(api.description)))
    assert api.description["components"]["responses"].keys() == REFUSALS.keys()


async def test_formats_of_our_own_are_lists_of_what_is_known(api: Api) -> None:
    schemas = api.description["components"]["schemas"]
    assert "Europe/Warsaw" in schemas["TimeZone"]["enum"]
    assert {"weight", "steps"} <= set(schemas["Metric"]["enum"])
    assert schemas["NewReading"]["properties"]["metric"] == {"$ref": "#/components/schemas/Metric"}
    assert schemas["PersonPatch"]["properties"]["timezone"]["anyOf"] == [
        {"$ref": "#/components/schemas/TimeZone"},
        {"type": "null"},
    ]


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        ("NewGoal", {"name": "Run"}, True),
        ("NewGoal", {"goal_code": "G01"}, False),
        ("NewGoal", {"name": "Run", "progress": 5}, False),
        ("NewPerson", {"name": "Ola", "timezone": "Nowhere/Land"}, False),
        ("NewPerson", {"name": "Ola", "preferences": {"a": [{"b": None}]}}, True),
        ("PersonPatch", {"contact_email": None}, True),
        ("PersonPatch", {"name": None}, False),
        ("HomePatch", {"home_id": "x"}, False),
        ("NewReading", {"metric": "weight", "value": 71.4, "source": None}, True),
        ("NewReading", {"metric": "weight"}, False),
    ],
)
async def test_what_is_refused_is_no_valid_request(
    api: Api, name: str, value: object, is_valid: bool
) -> None:
    schema = api.description["components"]["schemas"][name]
    assert (list(faults(schema, value, api.description)) == []) is is_valid
