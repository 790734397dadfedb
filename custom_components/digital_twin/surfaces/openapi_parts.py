"""The parts that the description of the API is made of."""

from collections.abc import Iterable
from typing import Any, Final

from homeassistant.const import CONTENT_TYPE_JSON

type Schema = dict[str, Any]

STRING: Final[Schema] = {"type": "string"}
READ_REFUSALS: Final = ("400", "401", "403", "503")
WRITE_REFUSALS: Final = (*READ_REFUSALS, "409", "413", "415", "500")


def ref(name: str, section: str = "schemas") -> Schema:
    """Return a reference to a part of the description."""
    return {"$ref": f"#/components/{section}/{name}"}


def content_of(schema: Schema, *types: str) -> Schema:
    """Return the content of a body in some media types, JSON unless given."""
    content = {kind: {"schema": schema} for kind in types or (CONTENT_TYPE_JSON,)}
    return {"content": content}


def header_of(text: str, schema: Schema) -> Schema:
    """Return a header."""
    return {"description": text, "schema": schema}


def parameter_of(
    name: str, place: str, text: str, schema: Schema, *, required: bool = False
) -> Schema:
    """Return a parameter; those of a path are required."""
    is_needed = required or place == "path"
    return {
        "name": name,
        "in": place,
        "description": text,
        "required": is_needed,
        "schema": schema,
    }


def answer_of(text: str, schema: Schema, headers: Schema | None = None) -> Schema:
    """Return an answer with a JSON body."""
    return {"description": text, "headers": headers or {}, **content_of(schema)}


def operation_of(name: str, text: str, answers: Schema, refusals: Iterable[str]) -> Schema:
    """Return an operation with its refusals."""
    refused = {status: ref(status, "responses") for status in sorted(refusals)}
    return {"operationId": name, "summary": text, "responses": answers | refused}


def reading_of(
    name: str, text: str, answers: Schema, parameters: Iterable[Schema] = (), *refusals: str
) -> Schema:
    """Return the two operations that read: GET, and HEAD without the body."""
    operation = operation_of(name, text, answers, (*READ_REFUSALS, *refusals))
    operation["parameters"] = [*parameters]
    bare = {
        status: {key: part for key, part in answer.items() if key != "content"}
        for status, answer in answers.items()
    }
    head = operation_of(f"{name}_head", f"{text} Headers only.", bare, (*READ_REFUSALS, *refusals))
    return {"get": operation, "head": head | {"parameters": operation["parameters"]}}


def writing_of(
    name: str,
    text: str,
    answers: Schema,
    body: Schema,
    *refusals: str,
    types: tuple[str, ...] = (CONTENT_TYPE_JSON,),
) -> Schema:
    """Return an operation that has a body."""
    operation = operation_of(name, text, answers, (*WRITE_REFUSALS, *refusals))
    return operation | {"requestBody": {"required": True, **content_of(body, *types)}}
