"""Keeps config subentries and devices in step with the records.

A subentry holds only the id (as its unique id) and the name (as its title) of a twin; the record is
in the store. Changes are taken over in both directions without a reload. The data of the entry has
the titles at the last comparison: they are saved together with the subentries, so that a subentry
that was deleted or renamed while the integration did not run differs from one that a crash lost.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
import logging
from types import MappingProxyType
from typing import NamedTuple

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..twin.errors import TwinError
from ..twin.goals.goal import Goal
from ..twin.records.fields import Kind, Record
from .core.feed import ADDED, REMOVED, ChangeFeed, Topic
from .core.files import StoreFailedError
from .core.registry import KINDS, TwinRegistry
from .issues import async_offer_returns, async_review_missing

_LOGGER = logging.getLogger(__name__)

SUBENTRY_READY = "subentry"
# Twins that get subentry, device and entities before other tasks run.
AT_ONCE = 25
TITLES = "titles"
MODELS: Mapping[str, str] = MappingProxyType({"home": "Home", "person": "Person", "goal": "Goal"})


@dataclass(frozen=True, slots=True)
class TwinSubentry:
    """A twin that has a record, a config subentry and a device."""

    kind: str
    twin_id: str
    subentry_id: str


class _DeviceSpec(NamedTuple):
    """The last values passed to the device registry; `via` is the device of the owner."""

    subentry_id: str
    name: str
    owner: str | None
    via: str | None


class Subentries:
    """Keeps config subentries and devices in step with the records."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, registry: TwinRegistry, feed: ChangeFeed
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._registry = registry
        self._feed = feed
        self._ready: dict[str, TwinSubentry] = {}
        self._devices: dict[str, _DeviceSpec] = {}
        self._reserved: set[str] = set()
        self._lock = asyncio.Lock()
        self._due = False

    @property
    def by_twin(self) -> Mapping[str, TwinSubentry]:
        """The twins that have a record, a subentry and a device, by id."""
        return self._ready

    @contextmanager
    def reserved(self, twin_id: str) -> Iterator[None]:
        """Leave the subentry of a new twin to the flow that creates the twin in the block.

        If the block fails, the subentry of a twin that was created nevertheless is added here.
        """
        self._reserved.add(twin_id)
        try:
            yield
        except BaseException:
            self._reserved.discard(twin_id)
            if any(twin_id in self._registry.records(kind) for kind in KINDS):
                self._schedule()
            raise

    @callback
    def async_start(self) -> None:
        """Follow the records and the subentries until the entry is unloaded."""
        watched = [Topic(kind, None, name) for kind in KINDS for name in (ADDED, REMOVED, "name")]
        watched.append(Topic("goal", None, "owner_person_id"))
        self._entry.async_on_unload(self._feed.subscribe(watched, self._schedule))
        self._entry.async_on_unload(self._entry.add_update_listener(self._async_entry_updated))

    async def _async_entry_updated(self, _hass: HomeAssistant, _entry: ConfigEntry) -> None:
        # Each subentry that is added or renamed here comes back as an update.
        self._schedule()

    @callback
    def _schedule(self, _changes: object = ()) -> None:
        """Compare once for a burst of changes."""
        if not self._due:
            self._due = True
            self._entry.async_create_task(
                self._hass, self.async_reconcile(), "digital_twin subentries", eager_start=False
            )

    async def async_reconcile(self) -> None:
        """Bring records, subentries and devices together."""
        async with self._lock:
            self._due = False
            await self._async_follow_subentries()
            await self._async_follow_records()
            await self._async_update_devices()
            async_offer_returns(self._hass, self._registry)

    async def _async_follow_subentries(self) -> None:
        """Take over what a person did to the subentries: deleted or renamed them.

        Each change is saved before the next one is looked for, so that what is done during a save
        is seen, too. What the disk does not take is not taken over: the twin is shown as it is.
        """
        try:
            while touched := self._touched_subentry():
                kind, twin_id, title = touched
                if title is None:
                    # Home Assistant's own delete button cannot be refused.
                    await self._registry.async_delete(kind, twin_id, force=True)
                else:
                    await self._async_rename(kind, twin_id, title)
        except StoreFailedError:
            _LOGGER.warning("A change made in the UI could not be saved and is taken back")

    def _touched_subentry(self) -> tuple[Kind[Record], str, str | None] | None:
        """Find a twin whose subentry was deleted (no title any more) or renamed."""
        titles = self._titles
        present = self._by_twin
        for kind in KINDS.values():
            for twin_id, record in self._registry.records(kind.name).items():
                subentry = present.get(twin_id)
                if subentry is None:
                    if twin_id in titles:
                        return kind, twin_id, None
                elif self._was_renamed(subentry, record):
                    return kind, twin_id, subentry.title
        return None

    @property
    def _by_twin(self) -> dict[str | None, ConfigSubentry]:
        return {subentry.unique_id: subentry for subentry in self._entry.subentries.values()}

    def _was_renamed(self, subentry: ConfigSubentry, record: Record) -> bool:
        known = self._titles.get(str(subentry.unique_id), subentry.title)
        return subentry.title not in (known, record.name)

    async def _async_rename(self, kind: Kind[Record], twin_id: str, title: str) -> None:
        try:
            await self._registry.async_update(kind, twin_id, {"name": title})
        except TwinError as error:
            _LOGGER.info("A twin keeps its name, the new one cannot be taken: %s", error.key)
        record = self._registry.records(kind.name).get(twin_id)
        subentry = self._by_twin.get(twin_id)
        if record and subentry and subentry.title == title:
            # The name may be a bit different from the title, or still the old one.
            self._hass.config_entries.async_update_subentry(
                self._entry, subentry, title=record.name
            )

    async def _async_follow_records(self) -> None:
        """Give each record its subentry and each subentry the name of its record."""
        update = self._hass.config_entries
        lost: list[ConfigSubentry] = []
        for subentry in list(self._entry.subentries.values()):
            if subentry.subentry_type not in KINDS:
                # A newer version of the integration knows what it is.
                continue
            twin_id = str(subentry.unique_id)
            record = self._registry.records(subentry.subentry_type).get(twin_id)
            if record is not None:
                update.async_update_subentry(self._entry, subentry, title=record.name)
            elif self._registry.deletions.is_deleted(subentry.subentry_type, twin_id):
                update.async_remove_subentry(self._entry, subentry.subentry_id)
            else:
                lost.append(subentry)
        async_review_missing(self._hass, lost)
        present = self._by_twin.keys()
        self._reserved -= present
        for kind in KINDS:
            records = self._registry.records(kind)
            missing = [key for key in records if key not in present and key not in self._reserved]
            for group in batched(missing, AT_ONCE, strict=False):
                for twin_id in group:
                    if record := records.get(twin_id):
                        update.async_add_subentry(
                            self._entry, _subentry(kind, twin_id, record.name)
                        )
                await asyncio.sleep(0)
        titles = {twin_id: subentry.title for twin_id, subentry in self._by_twin.items()}
        if titles != self._titles:
            update.async_update_entry(self._entry, data={**self._entry.data, TITLES: titles})

    async def _async_update_devices(self) -> None:
        """Give each twin its device, and publish which kinds have other subentries now."""
        # Persons come before goals: the device of a goal is connected via that of its owner.
        wanted = {
            str(subentry.unique_id): TwinSubentry(
                kind, str(subentry.unique_id), subentry.subentry_id
            )
            for kind in KINDS
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == kind
            and str(subentry.unique_id) in self._registry.records(kind)
        }
        gone = [item for key, item in self._ready.items() if wanted.get(key) != item]
        self._ready = {key: item for key, item in self._ready.items() if wanted.get(key) == item}
        # Forget via_device of devices whose owner went, so that it is set again.
        gone_ids = {item.twin_id for item in gone}
        self._devices = {
            key: spec
            for key, spec in self._devices.items()
            if key in wanted and spec.owner not in gone_ids
        }
        self._publish(gone)
        for group in batched(wanted.values(), AT_ONCE, strict=False):
            new = [item for item in group if item.twin_id not in self._ready]
            for item in group:
                if record := self._registry.records(item.kind).get(item.twin_id):
                    self._update_device(item, record)
                    self._ready[item.twin_id] = item
            self._publish(new)
            if new:
                await asyncio.sleep(0)

    def _publish(self, changed: Iterable[TwinSubentry]) -> None:
        kinds = {item.kind for item in changed}
        self._feed.publish_derived(Topic(kind, None, SUBENTRY_READY) for kind in kinds)

    def _update_device(self, item: TwinSubentry, record: Record) -> None:
        owner = record.owner_person_id if isinstance(record, Goal) else None
        via = self.device_id(owner) if owner else None
        spec = _DeviceSpec(item.subentry_id, record.name, owner, via)
        if self._devices.get(item.twin_id) == spec:
            return
        self._devices[item.twin_id] = spec
        registry = dr.async_get(self._hass)
        model = self._model(item.kind)
        device = registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            config_subentry_id=item.subentry_id,
            identifiers={(DOMAIN, item.twin_id)},
            entry_type=dr.DeviceEntryType.SERVICE,
            model=model,
            # The device fields of actions look for either, whatever the language.
            model_id=None if model == MODELS[item.kind] else item.kind,
            name=record.name,
        )
        registry.async_update_device(device.id, via_device_id=via)

    def _model(self, kind: str) -> str:
        """Return the kind of a twin in the language of Home Assistant."""
        language = self._hass.config.language
        texts = async_get_cached_translations(self._hass, language, "config_subentries", DOMAIN)
        path = f"component.{DOMAIN}.config_subentries.{kind}.entry_type"
        return texts.get(path, MODELS[kind])

    def device_id(self, twin_id: str) -> str | None:
        """Return the id of the device of a twin, if it has one."""
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, twin_id), self._entry.entry_id
        )
        return device.id if device else None

    @property
    def _titles(self) -> Mapping[str, str]:
        titles: Mapping[str, str] = self._entry.data.get(TITLES, {})
        return titles


def _subentry(kind: str, twin_id: str, title: str) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType({}), subentry_type=kind, title=title, unique_id=twin_id
    )
