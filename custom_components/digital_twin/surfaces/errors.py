"""How what the twins refuse becomes an error of Home Assistant."""

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
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..engine.core.files import StoppedError, StoreFailedError
from ..engine.core.store import DamagedFileError
from ..engine.folder import FolderFault
from ..twin.errors import Fault, TwinError

PLACEHOLDER: Final = re.compile(r"{(\w+)}")
# A message cannot translate what its placeholders say: each expected type has a text of its own.
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


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise refused input and a disk that fails as errors with a translated text.

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
    """Say why the twins cannot be shown; their files stay as they are.

    A file that is newer or damaged, and a first home that is refused, end the set-up; a disk that
    fails lets Home Assistant try again.
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
    except StoreFailedError as error:
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="not_saved") from error


def message_key(fault: Fault | FolderFault) -> str:
    """Return the translation key of the message for a fault."""
    match fault.key, fault.placeholders:
        case "wrong_type", {"expected": expected}:
            return WRONG_TYPES.get(expected, fault.key)
        case "out_of_range", {"unit": _}:
            return "out_of_range_unit"
    return fault.key


async def async_messages(hass: HomeAssistant, faults: Iterable[FolderFault]) -> list[str]:
    """Say in the household's language what is wrong in the files of the goals folder."""
    texts = await async_get_translations(hass, hass.config.language, "exceptions", {DOMAIN})
    return [_message(texts.get(_path(fault), fault.key), fault.placeholders) for fault in faults]


def _path(fault: FolderFault) -> str:
    return f"component.{DOMAIN}.exceptions.{message_key(fault)}.message"


def _message(text: str, placeholders: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: placeholders.get(found[1], found[0]), text)
