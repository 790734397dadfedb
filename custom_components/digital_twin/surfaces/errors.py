"""Turns errors of the twins and of the disk into translated errors of Home Assistant."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryError,
    ConfigEntryNotReady,
    HomeAssistantError,
    ServiceValidationError,
    UnsupportedStorageVersionError,
)
from homeassistant.helpers.translation import async_get_exception_message, async_get_translations

from ..const import DOMAIN
from ..engine.core.files import DamagedFileError, StoppedError, StoreFailedError
from ..engine.folder import FolderFault
from ..twin.errors import Fault, TwinError
from ..twin.metrics.import_shapes import ImportProblem
from ..twin.values import PlainJson

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


async def async_messages(hass: HomeAssistant, faults: Iterable[FolderFault]) -> list[str]:
    """Return the messages of faults in the goals folder, in the language of the household."""
    texts = await async_get_translations(hass, hass.config.language, "exceptions", {DOMAIN})
    return [_message(texts.get(_path(fault), fault.key), fault.placeholders) for fault in faults]


def problem_document(problem: ImportProblem) -> dict[str, PlainJson]:
    """Return a problem of an import with its message, in Home Assistant's language."""
    fault = problem.fault
    return {
        "line": problem.line,
        "field": fault.field,
        "key": fault.key,
        "message": async_get_exception_message(DOMAIN, message_key(fault), fault.placeholders),
    }


def _path(fault: FolderFault) -> str:
    return f"component.{DOMAIN}.exceptions.{message_key(fault)}.message"


def _message(text: str, placeholders: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: placeholders.get(found[1], found[0]), text)
