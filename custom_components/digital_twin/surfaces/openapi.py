"""The description of the REST API as OpenAPI 3.1.

It is made from the tables of fields that validate requests and that documents consist of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, cast

from homeassistant.const import CONTENT_TYPE_JSON

from ..commands.earlier import AT_LIMITS, AT_TEXT
from ..commands.finder import MAX_FILTER
from ..commands.people import MAX_READINGS
from ..commands.simulations import SIMULATED, SUPPOSITIONS
from ..const import DOMAIN
from ..engine.core.registry import KINDS
from ..engine.documents import ACCEPTED, DERIVED, HISTORY, UNLINKED, document_parts, scalar_parts
from ..engine.earlier_documents import AT, earlier_limits
from ..engine.query import EXPRESSION, EXPRESSION_LIMITS
from ..twin.goals.lineage import LINEAGE_PARTS
from ..twin.metrics.readings import METRIC, NEW_READING, READING_EXAMPLES
from ..twin.records.fields import Context
from ..twin.records.limits import (
    DAY,
    UUID,
    Limits,
    object_of,
    record_limits,
)
from .changes import CHANGES, PARAMETERS
from .correlations import CORRELATIONS, PARAMETERS as CORRELATED
from .errors import PROBLEM, PROBLEM_SCHEMA, REFUSALS

type Schema = dict[str, Any]

API: Final = f"/api/{DOMAIN}"
MARKDOWN: Final = "text/markdown"
PLAIN: Final = "text/plain"
PATCHES: Final = ("application/merge-patch+json", CONTENT_TYPE_JSON)
# Levels of the objects and lists of a body.
MAX_LEVELS: Final = 32
FIELDS: Final = "fields"


def _ref(name: str, section: str = "schemas") -> Schema:
    return {"$ref": f"#/components/{section}/{name}"}


def _content(schema: Schema, *types: str) -> Schema:
    content = {kind: {"schema": schema} for kind in types or (CONTENT_TYPE_JSON,)}
    return {"content": content}


def _header(text: str, schema: Schema) -> Schema:
    return {"description": text, "schema": schema}


STRING: Final[Schema] = {"type": "string"}
TAG: Final = {
    "ETag": _header(
        'The revision of the record, then a digest of this answer: `"12-5f1c09a2b7d4"`.',
        {"type": "string", "pattern": '^"[0-9]+-[0-9a-f]{12}"$'},
    )
}
VARY: Final = {"Vary": _header("Always `Accept`.", STRING)}
LANGUAGE: Final = {"Content-Language": _header("The language of the household.", STRING)}
READ_REFUSALS: Final = ("400", "401", "403", "503")
WRITE_REFUSALS: Final = (*READ_REFUSALS, "409", "413", "415", "500")
ANY_JSON: Final[Schema] = {
    "description": "Any JSON.",
    "type": ["array", "boolean", "null", "number", "object", "string"],
}


def description(context: Context) -> Schema:
    """Return the description of the API.

    `context` has the names of the metrics and of the time zones that are known.
    """
    schemas: Schema = {
        "Problem": PROBLEM_SCHEMA.json_schema(),
        "NewReading": NEW_READING.json_schema() | {"examples": READING_EXAMPLES},
        "AcceptedReadings": ACCEPTED.json_schema(),
        "DailyHistory": HISTORY.json_schema(),
        "Changes": CHANGES.json_schema(),
        "Correlations": CORRELATIONS.json_schema(),
        "Suppositions": SUPPOSITIONS.json_schema(),
        "Simulation": SIMULATED.json_schema(),
    }
    paths: Schema = {}
    for kind in KINDS:
        paths |= _twin_paths(kind)
        schemas |= _twin_schemas(kind)
    paths["/persons/{person_id}/readings"] = _readings_path()
    paths["/changes"] = _read(
        "list_changes",
        "List what changed between two times.",
        {"200": _answer("The changes, the latest first.", _ref("Changes"))},
        _parameters(PARAMETERS),
        "404",
    )
    paths["/persons/{person_id}/correlations"] = {
        "parameters": [_person_parameter()],
        **_read(
            "list_correlations",
            "List which metrics go together: the strongest, or those of one or two metrics.",
            {"200": _answer("The rank correlations with their intervals.", _ref("Correlations"))},
            _parameters(CORRELATED),
            "404",
        ),
    }
    query = Limits(type="object", parts={EXPRESSION: EXPRESSION_LIMITS}, required=(EXPRESSION,))
    result = {"type": "object", "properties": {"result": ANY_JSON}, "required": ["result"]}
    paths["/query"] = {
        "post": _write(
            "query",
            "Return the value of a JMESPath expression over `{persons, homes, goals}`.",
            {"200": _answer("The value.", result)},
            query.json_schema() | {"examples": [{EXPRESSION: "goals[].name"}]},
        )
    }
    paths["/simulate"] = {
        "post": _write(
            "simulate",
            "Return what would be different, before and after; nothing is written.",
            {"200": _answer("What would be different.", _ref("Simulation"))},
            _ref("Suppositions"),
        )
    }
    paths["/openapi.json"] = _read(
        "get_description", "This description.", {"200": _answer("OpenAPI 3.1.", ANY_JSON)}
    )
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Digital Twin",
            "version": "1",
            "description": "Persons, homes and goals of a household in Home Assistant.",
        },
        "servers": [{"url": API}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token of Home Assistant, such as a long-lived one.",
                }
            },
            "responses": {status: _refusal(status, text) for status, text in REFUSALS.items()},
            "schemas": schemas,
        },
    }
    formats = {
        "metric": ("Metric", "The key of a metric.", sorted(context.catalogue)),
        "time-zone": ("TimeZone", "An IANA name.", sorted(context.timezones)),
    }
    found = cast("Schema", _named_formats(whole, formats))
    found["components"]["schemas"] |= {
        "AnyJson": ANY_JSON,
        **{
            name: {"type": "string", "description": text, "enum": known}
            for name, text, known in formats.values()
        },
    }
    return found


def _named_formats(part: Any, formats: Mapping[str, tuple[str, str, list[str]]]) -> Any:  # noqa: ANN401  # any JSON
    """Put references in place of our own formats, and of schemas that say nothing."""
    if isinstance(part, list):
        return [_named_formats(item, formats) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") in formats:
        reference = _ref(formats[part["format"]][0])
        null = "null" in part["type"]
        return {"anyOf": [reference, {"type": "null"}]} if null else reference
    found = {name: _named_formats(item, formats) for name, item in part.items()}
    for place, name in (
        *((found, name) for name in ("additionalProperties", "items")),
        *((found.get("properties", {}), name) for name in part.get("properties", ())),
    ):
        if place.get(name) == {}:
            place[name] = _ref("AnyJson")
    return found


def _twin_schemas(kind: str) -> Schema:
    """Return the schemas of a kind: documents, a line of a list, a new twin, a patch."""
    title, of_kind = kind.capitalize(), KINDS[kind]
    parts = document_parts(kind)
    # A home that is not observed yet has no derived parts.
    known = (*of_kind.fields, *(() if kind == "home" else DERIVED[kind]))
    # In lists nothing is said of what rests on what.
    document = Limits(type="object", parts={**parts, **LINEAGE_PARTS}, required=known)
    new = record_limits(of_kind)
    deleted = object_of(**{of_kind.id_field: UUID, "unlinked": UNLINKED})
    return {
        title: document.json_schema(),
        f"Earlier{title}": earlier_limits(kind).json_schema(),
        f"Listed{title}": replace(document, required=(of_kind.id_field,)).json_schema(),
        # The code of a new goal is made by itself.
        f"New{title}": replace(new, required=("name",)).json_schema(),
        f"{title}Patch": record_limits(of_kind, patch=True).json_schema(),
        f"Deleted{title}": deleted.json_schema(),
    }


def _twin_paths(kind: str) -> Schema:
    """Return the paths of a kind: all twins, and one."""
    title, id_field = kind.capitalize(), KINDS[kind].id_field
    named = "its id or code" if kind == "goal" else "its id"
    listed = {"type": "array", "items": _ref(f"Listed{title}")}
    report = {MARKDOWN: {"schema": STRING}}
    found = _answer(f"The {kind}s.", listed, VARY)
    found["content"] |= report
    either = {"anyOf": [_ref(title), _ref(f"Earlier{title}")]}
    one = _answer(f"The {kind}; with `at` as it was.", either, TAG | VARY)
    one["content"] |= report
    created = _answer(
        f"The new {kind}.",
        _ref(title),
        {"Location": _header("The path of the new twin.", STRING)} | TAG,
    )
    changed = _answer(f"The {kind} after the change.", _ref(title), TAG)
    deleted = _answer("The id, and the references that were removed.", _ref(f"Deleted{title}"))
    unchanged = {"description": "The caller has this answer.", "headers": TAG | VARY}
    identity = _parameter(
        id_field,
        "path",
        f"The {kind}, by {named}.",
        STRING | {"minLength": 1} if kind == "goal" else UUID.json_schema(),
    )
    if_match = _parameter("If-Match", "header", "Only this revision: its entity tag.", STRING)
    known = _parameter("If-None-Match", "header", "The entity tag that is known.", STRING)
    at = _parameter(AT, "query", AT_TEXT, AT_LIMITS.json_schema())
    force = _parameter(
        "force", "query", "Also remove the references of others.", {"enum": ["true", "false"]}
    )
    types = ", ".join(PATCHES)
    return {
        f"/{kind}s": {
            "parameters": [],
            **_read(f"list_{kind}s", f"List {kind}s.", {"200": found}, _filters(kind)),
            "post": _write(
                f"create_{kind}", f"Create a {kind}.", {"201": created}, _ref(f"New{title}")
            ),
        },
        f"/{kind}s/{{{id_field}}}": {
            "parameters": [identity],
            **_read(
                f"get_{kind}", f"Get a {kind}.", {"200": one, "304": unchanged}, [at, known], "404"
            ),
            "patch": _write(
                f"update_{kind}",
                f"Apply a merge patch (RFC 7396) to a {kind}: {types}.",
                {"200": changed},
                _ref(f"{title}Patch"),
                "404",
                "412",
                types=PATCHES,
            )
            | {"parameters": [if_match]},
            "delete": _operation(
                f"delete_{kind}",
                f"Delete a {kind}; it can be restored for 30 days.",
                {"200": deleted},
                (*READ_REFUSALS, "404", "409", "412", "500"),
            )
            | {"parameters": [if_match, force]},
        },
    }


def _readings_path() -> Schema:
    batch = {"type": "array", "items": _ref("NewReading"), "minItems": 1, "maxItems": MAX_READINGS}
    days = [
        _parameter("metric", "query", "The metric.", METRIC.json_schema(), required=True),
        _parameter("from", "query", "The first day.", DAY.json_schema()),
        _parameter("to", "query", "The last day.", DAY.json_schema()),
    ]
    return {
        "parameters": [_person_parameter()],
        **_read(
            "get_history",
            "Get the value of a metric on each day.",
            {"200": _answer("The days that have a value.", _ref("DailyHistory"))},
            days,
            "404",
        ),
        "post": _write(
            "add_readings",
            "Record one reading, or several, all or none. A reading with the same metric, time "
            "and source as an earlier one replaces it.",
            {"200": _answer("What the readings changed.", _ref("AcceptedReadings"))},
            {"anyOf": [_ref("NewReading"), batch]},
            "404",
        ),
    }


def _person_parameter() -> Schema:
    return _parameter("person_id", "path", "The person, by its id.", UUID.json_schema())


def _parameters(described: Mapping[str, tuple[str, Limits]]) -> list[Schema]:
    return [
        _parameter(name, "query", text, limits.json_schema())
        for name, (text, limits) in described.items()
    ]


def _filters(kind: str) -> list[Schema]:
    filters = [
        _parameter(
            name, "query", "Only twins with this value; `null` for none.", _filter_schema(part)
        )
        for name, part in scalar_parts(kind).items()
    ]
    projection = _parameter(
        FIELDS,
        "query",
        "The parts of each document, with commas; the id is always there.",
        {"type": "array", "items": {"type": "string", "enum": [*document_parts(kind)]}},
    )
    return [*filters, projection | {"style": "form", "explode": False}]


def _filter_schema(part: Limits) -> Schema:
    """Return the schema of a text that a scalar is compared with."""
    wanted = Limits(
        type="number" if part.type in ("integer", "number") else part.type,
        format=None if part.format == "email" else part.format,
        options=part.options,
        max_length=MAX_FILTER if part.type == "string" and not part.options else None,
    )
    return {"anyOf": [wanted.json_schema(), {"type": "string", "enum": ["null"]}]}


def _parameter(
    name: str, place: str, text: str, schema: Schema, *, required: bool = False
) -> Schema:
    is_needed = required or place == "path"
    return {
        "name": name,
        "in": place,
        "description": text,
        "required": is_needed,
        "schema": schema,
    }


def _answer(text: str, schema: Schema, headers: Schema | None = None) -> Schema:
    return {"description": text, "headers": headers or {}, **_content(schema)}


def _refusal(status: str, text: str) -> Schema:
    content = {PLAIN: {"schema": STRING}, PROBLEM: {"schema": _ref("Problem")}}
    headers = LANGUAGE
    if status == "503":
        headers = LANGUAGE | {"Retry-After": _header("Seconds.", {"type": "string"})}
    return {"description": text, "headers": headers, "content": content}


def _operation(name: str, text: str, answers: Schema, refusals: Iterable[str]) -> Schema:
    refused = {status: _ref(status, "responses") for status in sorted(refusals)}
    return {"operationId": name, "summary": text, "responses": answers | refused}


def _read(
    name: str, text: str, answers: Schema, parameters: Iterable[Schema] = (), *refusals: str
) -> Schema:
    """Return the two operations that read: GET, and HEAD without the body."""
    operation = _operation(name, text, answers, (*READ_REFUSALS, *refusals))
    operation["parameters"] = [*parameters]
    bare = {
        status: {key: part for key, part in answer.items() if key != "content"}
        for status, answer in answers.items()
    }
    head = _operation(f"{name}_head", f"{text} Headers only.", bare, (*READ_REFUSALS, *refusals))
    return {"get": operation, "head": head | {"parameters": operation["parameters"]}}


def _write(
    name: str,
    text: str,
    answers: Schema,
    body: Schema,
    *refusals: str,
    types: tuple[str, ...] = (CONTENT_TYPE_JSON,),
) -> Schema:
    operation = _operation(name, text, answers, (*WRITE_REFUSALS, *refusals))
    return operation | {"requestBody": {"required": True, **_content(body, *types)}}
