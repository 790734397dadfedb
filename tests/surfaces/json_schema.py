"""A small validator of JSON Schema: exactly the keywords that the description of the API uses.

With what judges answers of the API by its description.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
import re
from typing import Any
from uuid import UUID

from aiohttp import ClientResponse

type Schema = Mapping[str, Any]

TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
FORMATS: Mapping[str, Any] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "uuid": UUID,
}
# They explain, or are not needed for a judgement.
OTHER = {
    "description",
    "examples",
    "format",
    "formatMaximum",
    "formatMinimum",
    "x-max-bytes",
    "x-max-levels",
}


def faults(schema: Schema, value: object, whole: Schema, path: str = "") -> Iterator[str]:
    """Yield what is wrong with a value; `whole` is the document that references point into."""
    if "$ref" in schema:
        found: Any = whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        yield from faults(found, value, whole, path)
        return
    for keyword, wanted in schema.items():
        if keyword in OTHER and keyword != "format":
            continue
        if not _holds(keyword, wanted, value, whole):
            yield f"{path or 'value'}: {keyword} {str(wanted)[:100]}, not {str(value)[:100]}"
    for name, (inner, part) in _parts(schema, value):
        if inner is False:
            yield f"{path}{name}: unknown"
        else:
            yield from faults({} if inner is True else inner, part, whole, f"{path}{name}")


def _parts(schema: Schema, value: object) -> Iterator[tuple[str, tuple[Any, object]]]:
    if isinstance(value, dict):
        others = schema.get("additionalProperties", True)
        for name, part in value.items():
            yield f".{name}", (schema.get("properties", {}).get(name, others), part)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield f"[{index}]", (schema.get("items", True), item)


def _holds(keyword: str, wanted: Any, value: Any, whole: Schema) -> bool:  # noqa: ANN401  # any JSON
    if keyword in {"properties", "additionalProperties", "items"}:
        return True
    if keyword in SIZES:
        is_smallest, kinds, size = SIZES[keyword]
        if not isinstance(value, kinds) or isinstance(value, bool):
            return True
        return bool(size(value) >= wanted if is_smallest else size(value) <= wanted)
    return RULES[keyword](wanted, value, whole)


def _has_type(wanted: Any, value: object, _whole: Schema) -> bool:  # noqa: ANN401  # any JSON
    types = [wanted] if isinstance(wanted, str) else wanted
    found = any(isinstance(value, TYPES[name]) for name in types)
    return found and (not isinstance(value, bool) or "boolean" in types)


def _is_written_as(wanted: str, value: str) -> bool:
    try:
        FORMATS.get(wanted, str)(value)
    except ValueError:
        return False
    return True


def _itself(value: Any) -> Any:  # noqa: ANN401  # a number
    return value


# Whether the limit is the smallest one, what it limits, and how large that is.
SIZES: Mapping[str, tuple[bool, tuple[type, ...], Callable[[Any], Any]]] = {
    "minLength": (True, (str,), len),
    "maxLength": (False, (str,), len),
    "minimum": (True, (int, float), _itself),
    "maximum": (False, (int, float), _itself),
    "minItems": (True, (list,), len),
    "maxItems": (False, (list,), len),
    "minProperties": (True, (dict,), len),
    "maxProperties": (False, (dict,), len),
}
RULES: Mapping[str, Callable[[Any, Any, Schema], bool]] = {
    "type": _has_type,
    "enum": lambda wanted, value, _: value in wanted,
    "anyOf": lambda wanted, value, whole: any(
        not list(faults(each, value, whole)) for each in wanted
    ),
    "format": lambda wanted, value, _: not isinstance(value, str) or _is_written_as(wanted, value),
    "pattern": lambda wanted, value, _: (
        not isinstance(value, str) or re.search(wanted, value) is not None
    ),
    "required": lambda wanted, value, _: (
        not isinstance(value, dict) or not set(wanted) - value.keys()
    ),
}


async def async_judge(
    description: Schema,
    method: str,
    path: str,
    answer: ClientResponse,
    request: Mapping[str, Any],
) -> None:
    """Let the description judge every answer, and every request that is a success."""
    operation = described(description, method, path)
    if operation is None:
        assert answer.status in {404, 405}
        return
    found = operation["responses"][str(answer.status)]
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        found = description["components"]["responses"][name]
    for header in ("ETag", "Location", "Retry-After", "Vary"):
        assert header not in answer.headers or header in found["headers"], header
    if method != "HEAD" and answer.status != 304:
        schema = found["content"][answer.content_type]["schema"]
        body = await (answer.json if "json" in answer.content_type else answer.text)()
        assert list(faults(schema, body, description)) == []
    if answer.ok and "json" in request:
        content = operation["requestBody"]["content"]["application/json"]
        assert list(faults(content["schema"], request["json"], description)) == []


def described(description: Schema, method: str, path: str) -> Schema | None:
    """Return the description of an operation, None for what is not described."""
    bare = path.partition("?")[0]
    for template, operations in description["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), bare):
            operation: Schema | None = operations.get(method.lower())
            return operation
    return None
