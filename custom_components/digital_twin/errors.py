"""How what the twins refuse becomes an error of Home Assistant."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .engine.store import StoreFailedError
from .twin.errors import TwinError


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
            translation_key=error.key,
            translation_placeholders=error.placeholders,
        ) from error
    except StoreFailedError as error:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved") from error
