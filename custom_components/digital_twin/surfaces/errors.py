"""Turns errors of the twins and of the disk into translated errors of Home Assistant and HTTP."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
import re
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryError,
    ConfigEntryNotReady,
    HomeAssistantError,
    ServiceValidationError,
    UnsupportedStorageVersionError,
)
from homeassistant.helpers.translation import async_get_exception_message, async_get_translations

from ..commands.access import NotPermittedError
from ..const import DOMAIN, option_path
from ..engine.core.files import DamagedFileError, StoppedError, StoreFailedError
from ..engine.folder import FolderFault
from ..twin.enums import Language
from ..twin.errors import Fault, TwinError, fault
from ..twin.goals.references import UNIQUE_FIELDS
from ..twin.metrics.import_shapes import ImportProblem
from ..twin.records.limits import TEXT, Limits, list_of
from ..twin.values import PlainJson, number_from_text

PLACEHOLDER: Final = re.compile(r"{(\w+)}")
# Placeholders are not translated, so each expected type has a text of its own.
WRONG_TYPES: Final = {
    "GeoJSON Point": "wrong_type_point",
    "entity": "wrong_type_entity",
    "list": "wrong_type_list",
    "number": "wrong_type_number",
    "object": "wrong_type_object",
    "text": "wrong_type_text",
    "true or false": "wrong_type_truth",
    "whole number": "wrong_type_whole_number",
}

# The texts for faults of private fields, which have no placeholder for the value.
PRIVATE: Final = {
    "duplicate": "duplicate_private",
    "future_time": "future_time_private",
    "invalid_date": "invalid_date_private",
    "invalid_email": "invalid_email_private",
    "invalid_time": "invalid_time_private",
    "not_an_option": "not_an_option_private",
    "not_in_past": "not_in_past_private",
    "out_of_range": "out_of_range_private",
    "out_of_range_unit": "out_of_range_unit_private",
    "unknown_metric": "unknown_metric_private",
    "unknown_unit": "unknown_unit_private",
    "wrong_type_list": "wrong_type_list_private",
    "wrong_type_number": "wrong_type_number_private",
    "wrong_type_object": "wrong_type_object_private",
    "wrong_type_text": "wrong_type_text_private",
    "wrong_type_truth": "wrong_type_truth_private",
}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise `TwinError` and `StoreFailedError` of the block as translated errors.

    Input becomes a `ServiceValidationError` about its first fault, a failed save a
    `HomeAssistantError`.
    """
    try:
        yield
    except TwinError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=message_key(error.faults[0]),
            translation_placeholders=error.placeholders,
        ) from error
    except StoppedError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="stopped") from error
    except StoreFailedError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved") from error


@contextmanager
def set_up_errors() -> Iterator[None]:
    """Raise errors of the block as errors of the set-up; the files stay as they are.

    A file that is newer or damaged, and a first home that is refused, end the set-up; after an
    `OSError` Home Assistant tries again.
    """
    try:
        yield
    except UnsupportedStorageVersionError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="newer_file",
            translation_placeholders={"file": f".storage/{error.storage_key}"},
        ) from error
    except DamagedFileError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key="damaged_file",
            translation_placeholders={"file": f".storage/{error.storage_key}"},
        ) from error
    except TwinError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN,
            translation_key=message_key(error.faults[0]),
            translation_placeholders=error.placeholders,
        ) from error
    except OSError as error:
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="not_saved") from error


def message_key(fault: Fault | FolderFault) -> str:
    """Return the translation key of the message for a fault."""
    key = fault.key
    match key, fault.placeholders:
        case "wrong_type", {"expected": expected}:
            key = WRONG_TYPES.get(expected, key)
        case "out_of_range", {"unit": _}:
            key = "out_of_range_unit"
    return key if "value" in fault.placeholders else PRIVATE.get(key, key)


async def async_messages(hass: HomeAssistant, faults: Iterable[Fault | FolderFault]) -> list[str]:
    """Return the messages of faults in the language of the household."""
    texts = await async_get_translations(hass, hass.config.language, "exceptions", {DOMAIN})
    return [_message(texts.get(_path(fault), fault.key), fault.placeholders) for fault in faults]


async def async_spoken_message(
    hass: HomeAssistant,
    language: str,
    error: TwinError | NotPermittedError | StoreFailedError,
) -> str:
    """Return the first fault of an error in words for speech: without the path of its field."""
    found = _faults(error)[0]
    own = option_path("spoken", f"error_{message_key(found)}")
    selectors = await async_get_translations(hass, language, "selector", {DOMAIN})
    exceptions = await async_get_translations(hass, language, "exceptions", {DOMAIN})
    text = selectors.get(own) or exceptions.get(_path(found), found.key)
    values = found.placeholders
    if language == Language.POLISH.value:
        values = {
            name: value if number_from_text(value) is None else value.replace(".", ",")
            for name, value in values.items()
        }
    said = _message(text.removeprefix("{field}: "), values)
    return said[:1].upper() + said[1:]


def problem_document(problem: ImportProblem) -> dict[str, PlainJson]:
    """Return a problem of an import with its message, in Home Assistant's language."""
    fault = problem.fault
    return {
        "line": problem.line,
        "field": fault.field,
        "key": fault.key,
        "message": async_get_exception_message(DOMAIN, message_key(fault), fault.placeholders),
    }


def _path(fault: Fault | FolderFault) -> str:
    return f"component.{DOMAIN}.exceptions.{message_key(fault)}.message"


def _message(text: str, placeholders: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: placeholders.get(found[1], found[0]), text)


PROBLEM: Final = "application/problem+json"
FAULT: Final = Limits(
    type="object",
    parts={"field": TEXT, "key": TEXT, "message": TEXT, "allowed": list_of(TEXT)},
    required=("field", "key", "message"),
)
PROBLEM_SCHEMA: Final = Limits(
    type="object",
    parts={
        "title": TEXT,
        "status": Limits(type="integer", minimum=400, maximum=599),
        "detail": TEXT,
        "errors": list_of(FAULT),
    },
    required=("title", "status", "detail"),
)
# The most faults that a problem lists.
MAX_FAULTS: Final = 1000
BODY: Final = "body"
ID: Final = "id"
# The status of refusals that are more than a request that is not valid.
STATUSES: Final = {
    "body_too_large": HTTPStatus.CONTENT_TOO_LARGE,
    "content_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "in_use": HTTPStatus.CONFLICT,
    "not_loaded": HTTPStatus.SERVICE_UNAVAILABLE,
    "not_saved": HTTPStatus.INTERNAL_SERVER_ERROR,
    "stale": HTTPStatus.PRECONDITION_FAILED,
    "stopped": HTTPStatus.SERVICE_UNAVAILABLE,
}
# Bytes of a body, decompressed.
MAX_BODY: Final = 1024 * 1024
# What each status means in the description of the API.
# Home Assistant answers by itself with plain text, the API with a problem.
REFUSALS: Final = {
    "400": "The request is not valid; the problem names each field at fault.",
    "401": "The access token is missing or not valid.",
    "403": "Not allowed for this user, or the address is banned.",
    "404": "There is no such twin.",
    "409": "Another twin has this value already, or still refers to the twin.",
    "412": "The twin has another revision than `If-Match` names.",
    "413": f"The body is larger than {MAX_BODY} bytes.",
    "415": "The body is not of one of the media types of this operation, in UTF-8.",
    "500": "The change could not be saved and was undone.",
    "503": "Digital Twin is not loaded, or Home Assistant is stopping.",
}


async def async_problem(
    hass: HomeAssistant, error: TwinError | NotPermittedError | StoreFailedError
) -> tuple[HTTPStatus, dict[str, PlainJson]]:
    """Return an error as a problem of HTTP (RFC 9457), in the language of the household.

    `errors` names each field at fault, `body` for the body itself.
    """
    faults = [each if each.field else each.at(BODY) for each in _faults(error)[:MAX_FAULTS]]
    match error:
        case TwinError():
            status = _status(faults)
        case NotPermittedError():
            status = HTTPStatus.FORBIDDEN
        case StoppedError():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
    messages = await async_messages(hass, faults)
    titles = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    path = option_path("problem", status.name.lower())
    problem: dict[str, PlainJson] = {
        "title": titles.get(path, status.phrase),
        "status": status.value,
        "detail": messages[0],
    }
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        problem["errors"] = [
            _fault_document(each, message) for each, message in zip(faults, messages, strict=True)
        ]
    return status, problem


async def async_websocket_error(
    hass: HomeAssistant, message_id: int, error: TwinError | NotPermittedError | StoreFailedError
) -> dict[str, Any]:
    """Return an error as a message of Home Assistant's WebSocket API.

    It has the code, message and translation of the first fault, in the language of the household,
    and `faults` with all of them. To raise it instead would have Home Assistant log it.
    """
    faults = _faults(error)[:MAX_FAULTS]
    messages = await async_messages(hass, faults)
    answer = websocket_api.error_message(
        message_id,
        _websocket_code(error, faults[0]),
        messages[0],
        translation_key=message_key(faults[0]),
        translation_domain=DOMAIN,
        translation_placeholders=faults[0].placeholders,
    )
    answer["error"]["faults"] = [
        _fault_document(each, message) for each, message in zip(faults, messages, strict=True)
    ]
    return answer


def _websocket_code(error: Exception, first: Fault) -> str:
    match error:
        case NotPermittedError():
            return websocket_api.ERR_UNAUTHORIZED
        case TwinError() if first.key == "stale":
            return first.key
        case TwinError() if first.key == "not_found" and first.field.startswith("twin"):
            return websocket_api.ERR_NOT_FOUND
        case TwinError() if first.key != "not_loaded":
            return websocket_api.ERR_SERVICE_VALIDATION_ERROR
    return websocket_api.ERR_HOME_ASSISTANT_ERROR


def _faults(error: TwinError | NotPermittedError | StoreFailedError) -> Sequence[Fault]:
    match error:
        case TwinError():
            return error.faults
        case NotPermittedError():
            field = (error.translation_placeholders or {}).get("field", ID)
            return [Fault(str(error.translation_key), field, {"field": field})]
        case StoppedError():
            return [fault("stopped", "")]
    return [fault("not_saved", "")]


def _fault_document(found: Fault, message: str) -> dict[str, PlainJson]:
    document: dict[str, PlainJson] = {
        "field": found.field,
        "key": message_key(found),
        "message": message,
    }
    if allowed := found.placeholders.get("allowed"):
        document["allowed"] = [*allowed.split(", ")]
    return document


def _status(faults: Sequence[Fault]) -> HTTPStatus:
    """Return the status of refused input: that of its faults where all have the same."""
    statuses = {_status_of(each) for each in faults}
    return statuses.pop() if len(statuses) == 1 else HTTPStatus.BAD_REQUEST


def _status_of(found: Fault) -> HTTPStatus:
    if found.key == "not_found" and found.field == ID:
        return HTTPStatus.NOT_FOUND
    if found.key == "duplicate" and found.field in UNIQUE_FIELDS:
        return HTTPStatus.CONFLICT
    return STATUSES.get(found.key, HTTPStatus.BAD_REQUEST)
