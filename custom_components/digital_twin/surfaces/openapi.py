"""The description of the REST API as OpenAPI 3.1.

It is made from the tables of fields that validate requests and that documents consist of.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from homeassistant.const import CONTENT_TYPE_JSON

from ..commands.earlier import AT_LIMITS, AT_TEXT
from ..commands.exports import EXPORT
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
    limits_of,
    object_of,
    record_limits,
)
from ..twin.records.naming import short_text
from .changes import CHANGES, PARAMETERS
from .correlations import CORRELATIONS, PARAMETERS as CORRELATED
from .errors import PROBLEM, PROBLEM_SCHEMA, REFUSALS
from .openapi_parts import (
    READ_REFUSALS,
    STRING,
    Schema,
    answer_of,
    header_of,
    operation_of,
    parameter_of,
    reading_of,
    ref,
    writing_of,
)

API: Final = f"/api/{DOMAIN}"
MARKDOWN: Final = "text/markdown"
PLAIN: Final = "text/plain"
PATCHES: Final = ("application/merge-patch+json", CONTENT_TYPE_JSON)
# Levels of the objects and lists of a body.
MAX_LEVELS: Final = 32
FIELDS: Final = "fields"


TAG: Final = {
    "ETag": header_of(
        'The revision of the record, then a digest of this answer: `"12-5f1c09a2b7d4"`.',
        {"type": "string", "pattern": '^"[0-9]+-[0-9a-f]{12}"$'},
    )
}
VARY: Final = {"Vary": header_of("Always `Accept`.", STRING)}
LANGUAGE: Final = {"Content-Language": header_of("The language of the household.", STRING)}
ATTACHED: Final = {"Content-Disposition": header_of("The name of the file.", STRING)}
SHORT_TEXT: Final = limits_of(short_text).json_schema()
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
        "Export": EXPORT.json_schema(),
        "Suppositions": SUPPOSITIONS.json_schema(),
        "Simulation": SIMULATED.json_schema(),
    }
    paths: Schema = {}
    for kind in KINDS:
        paths |= _twin_paths(kind)
        schemas |= _twin_schemas(kind)
    paths["/persons/{person_id}/readings"] = _readings_path()
    paths["/changes"] = reading_of(
        "list_changes",
        "List what changed between two times.",
        {"200": answer_of("The changes, the latest first.", ref("Changes"))},
        _parameters(PARAMETERS),
        "404",
    )
    paths["/persons/{person_id}/correlations"] = {
        "parameters": [_person_parameter()],
        **reading_of(
            "list_correlations",
            "List which metrics go together: the strongest, or those of one or two metrics.",
            {"200": answer_of("The rank correlations with their intervals.", ref("Correlations"))},
            _parameters(CORRELATED),
            "404",
        ),
    }
    query = Limits(type="object", parts={EXPRESSION: EXPRESSION_LIMITS}, required=(EXPRESSION,))
    result = {"type": "object", "properties": {"result": ANY_JSON}, "required": ["result"]}
    paths["/query"] = {
        "post": writing_of(
            "query",
            "Return the value of a JMESPath expression over `{persons, homes, goals}`.",
            {"200": answer_of("The value.", result)},
            query.json_schema() | {"examples": [{EXPRESSION: "goals[].name"}]},
        )
    }
    paths["/simulate"] = {
        "post": writing_of(
            "simulate",
            "Return what would be different, before and after; nothing is written.",
            {"200": answer_of("What would be different.", ref("Simulation"))},
            ref("Suppositions"),
        )
    }
    paths["/openapi.json"] = reading_of(
        "get_description", "This description.", {"200": answer_of("OpenAPI 3.1.", ANY_JSON)}
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
        reference = ref(formats[part["format"]][0])
        null = "null" in part["type"]
        return {"anyOf": [reference, {"type": "null"}]} if null else reference
    found = {name: _named_formats(item, formats) for name, item in part.items()}
    for place, name in (
        *((found, name) for name in ("additionalProperties", "items")),
        *((found.get("properties", {}), name) for name in part.get("properties", ())),
    ):
        if place.get(name) == {}:
            place[name] = ref("AnyJson")
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
    listed = {"type": "array", "items": ref(f"Listed{title}")}
    report = {MARKDOWN: {"schema": STRING}}
    found = answer_of(f"The {kind}s.", listed, VARY)
    found["content"] |= report
    either = {"anyOf": [ref(title), ref(f"Earlier{title}")]}
    one = answer_of(f"The {kind}; with `at` as it was.", either, TAG | VARY)
    one["content"] |= report
    created = answer_of(
        f"The new {kind}.",
        ref(title),
        {"Location": header_of("The path of the new twin.", STRING)} | TAG,
    )
    changed = answer_of(f"The {kind} after the change.", ref(title), TAG)
    deleted = answer_of("The id, and the references that were removed.", ref(f"Deleted{title}"))
    unchanged = {"description": "The caller has this answer.", "headers": TAG | VARY}
    identity = parameter_of(
        id_field,
        "path",
        f"The {kind}, by {named}.",
        STRING | {"minLength": 1} if kind == "goal" else UUID.json_schema(),
    )
    if_match = parameter_of("If-Match", "header", "Only this revision: its entity tag.", STRING)
    known = parameter_of("If-None-Match", "header", "The entity tag that is known.", STRING)
    at = parameter_of(AT, "query", AT_TEXT, AT_LIMITS.json_schema())
    force = parameter_of(
        "force", "query", "Also remove the references of others.", {"enum": ["true", "false"]}
    )
    types = ", ".join(PATCHES)
    return {
        f"/{kind}s": {
            "parameters": [],
            **reading_of(f"list_{kind}s", f"List {kind}s.", {"200": found}, _filters(kind)),
            "post": writing_of(
                f"create_{kind}", f"Create a {kind}.", {"201": created}, ref(f"New{title}")
            ),
        },
        f"/{kind}s/{{{id_field}}}": {
            "parameters": [identity],
            **reading_of(
                f"get_{kind}", f"Get a {kind}.", {"200": one, "304": unchanged}, [at, known], "404"
            ),
            "patch": writing_of(
                f"update_{kind}",
                f"Apply a merge patch (RFC 7396) to a {kind}: {types}.",
                {"200": changed},
                ref(f"{title}Patch"),
                "404",
                "412",
                types=PATCHES,
            )
            | {"parameters": [if_match]},
            "delete": operation_of(
                f"delete_{kind}",
                f"Delete a {kind}; it can be restored for 30 days.",
                {"200": deleted},
                (*READ_REFUSALS, "404", "409", "412", "500"),
            )
            | {"parameters": [if_match, force]},
        },
        f"/{kind}s/{{{id_field}}}/export": {
            "parameters": [identity],
            **reading_of(
                f"export_{kind}",
                f"Get everything that is kept of a {kind}, to keep or to report an error.",
                {"200": answer_of("The export.", ref("Export"), ATTACHED)},
                [
                    parameter_of(
                        "synthetic",
                        "query",
                        "With invented values in the same shape.",
                        {"enum": ["true", "false"]},
                    ),
                    parameter_of("seed", "query", "Others for another seed.", SHORT_TEXT),
                ],
                "404",
            ),
        },
    }


def _readings_path() -> Schema:
    batch = {"type": "array", "items": ref("NewReading"), "minItems": 1, "maxItems": MAX_READINGS}
    days = [
        parameter_of("metric", "query", "The metric.", METRIC.json_schema(), required=True),
        parameter_of("from", "query", "The first day.", DAY.json_schema()),
        parameter_of("to", "query", "The last day.", DAY.json_schema()),
    ]
    return {
        "parameters": [_person_parameter()],
        **reading_of(
            "get_history",
            "Get the value of a metric on each day.",
            {"200": answer_of("The days that have a value.", ref("DailyHistory"))},
            days,
            "404",
        ),
        "post": writing_of(
            "add_readings",
            "Record one reading, or several, all or none. A reading with the same metric, time "
            "and source as an earlier one replaces it.",
            {"200": answer_of("What the readings changed.", ref("AcceptedReadings"))},
            {"anyOf": [ref("NewReading"), batch]},
            "404",
        ),
    }


def _person_parameter() -> Schema:
    return parameter_of("person_id", "path", "The person, by its id.", UUID.json_schema())


def _parameters(described: Mapping[str, tuple[str, Limits]]) -> list[Schema]:
    return [
        parameter_of(name, "query", text, limits.json_schema())
        for name, (text, limits) in described.items()
    ]


def _filters(kind: str) -> list[Schema]:
    filters = [
        parameter_of(
            name, "query", "Only twins with this value; `null` for none.", _filter_schema(part)
        )
        for name, part in scalar_parts(kind).items()
    ]
    projection = parameter_of(
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


def _refusal(status: str, text: str) -> Schema:
    content = {PLAIN: {"schema": STRING}, PROBLEM: {"schema": ref("Problem")}}
    headers = LANGUAGE
    if status == "503":
        headers = LANGUAGE | {"Retry-After": header_of("Seconds.", {"type": "string"})}
    return {"description": text, "headers": headers, "content": content}
