"""The files of twins, written by Home Assistant's storage helper, and the issues about them."""

from collections.abc import Callable, Container
from typing import Any, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.storage import Store

from ...const import DOMAIN

MAJOR_VERSION = 1
MINOR_VERSION = 1

type StoredDocument = dict[str, Any]


class StoreFailedError(OSError):
    """A change could not be written to disk; it is undone."""


class StoppedError(StoreFailedError):
    """The integration was stopped, or loaded anew, before this could be kept."""


class DamagedFileError(Exception):
    """A file is JSON, but not what Home Assistant stores; it stays as it is."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is damaged")
        self.storage_key = key


class Stamp(NamedTuple):
    """What ties a file to the journal: the last transaction in it, and a sum over its contents.

    A file whose sum is not that of its stamp was written by somebody who knows no journal, such
    as an older version or a person. Unless the journal has begun with such a file, it counts as it
    is, whatever the journal says.
    """

    seq: int
    total: int

    @classmethod
    def seq_of(cls, raw: object, total: int) -> int | None:
        """Return the transaction of a stored stamp; None where the contents have another sum."""
        match raw:
            case {"seq": int(seq), "total": int(stamped)} if stamped == total:
                return seq
        return None


class StoredFile:
    """One file: versioned, for its owner only, replaced as a whole."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        self.name = name
        self.key = f"{DOMAIN}.{name}"
        self._closed = False
        self._store: Store[StoredDocument] = Store(
            hass,
            MAJOR_VERSION,
            self.key,
            private=True,
            atomic_writes=True,
            minor_version=MINOR_VERSION,
        )

    async def async_load(self) -> object:
        """Return the contents, None where there is no file.

        Raises `DamagedFileError` when the file has not the frame of a stored one, and
        `UnsupportedStorageVersionError` when a newer major version wrote it.
        """
        try:
            return await self._store.async_load()
        except (AttributeError, KeyError, TypeError) as error:
            raise DamagedFileError(self.key) from error

    async def async_save(self, document: StoredDocument) -> None:
        """Write the contents. Home Assistant logs it when the disk refuses."""
        if not self._closed:
            await self._store.async_save(document)

    @callback
    def async_delay_save(self, contents: Callable[[], StoredDocument], delay: float) -> None:
        """Write what the function returns after some seconds, or when Home Assistant ends."""
        if not self._closed:
            self._store.async_delay_save(contents, delay)

    async def async_save_checked(self, document: StoredDocument) -> None:
        """Write the contents and read them back; raises `StoreFailedError` if they are not there.

        Home Assistant's helper only logs most failures, and puts a write off while it stops.
        """
        await self.async_save(document)
        try:
            stored = await self._store.async_load()
        except (HomeAssistantError, KeyError, TypeError, AttributeError) as error:
            raise StoreFailedError(f"{self.key} could not be read back") from error
        if self._closed or json_bytes(stored) != json_bytes(document):
            raise StoreFailedError(f"{self.key} could not be written")

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def close(self) -> None:
        """Write nothing any more."""
        self._closed = True
        self._store.make_read_only()


@callback
def async_name_file(hass: HomeAssistant, key: str, subject: str, **placeholders: str) -> None:
    """Say that something is wrong in a file, which only a person can mend."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{subject}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@callback
def async_delete_issues(hass: HomeAssistant, *keys: str, except_for: Container[str] = ()) -> None:
    """Delete the issues with any of the translation keys, except for those with the given ids."""
    for issue in list(ir.async_get(hass).issues.values()):
        if (
            issue.domain == DOMAIN
            and issue.translation_key in keys
            and issue.issue_id not in except_for
        ):
            ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
