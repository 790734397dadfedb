"""The registry of twins: all records in memory, and what can be done with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
import logging
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import uuid4
from zoneinfo import available_timezones

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
import orjson

from ...twin.catalogue import CATALOGUE, Metric
from ...twin.errors import TwinError, refuse
from ...twin.goals.goal import GOAL, Goal, measured
from ...twin.goals.progress import update_progress
from ...twin.goals.references import UNIQUE_FIELDS, Reference, Twin, Twins, twin_faults
from ...twin.home.home import HOME, Home
from ...twin.metrics.consent import HOUSEHOLD, Audiences, discloses
from ...twin.metrics.history import MetricHistory
from ...twin.metrics.household_metrics import whole_catalogue
from ...twin.metrics.person import PERSON, Person
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import Batch
from ...twin.records.context_effects import DEFAULT_EFFECTS
from ...twin.records.fields import Context, Kind, PersonDay, Record
from ...twin.records.revisions import change, changed_fields, create
from ...twin.values import PlainJson
from .changes import Changes
from .checkpoint import Checkpoint
from .deletions import Deletions
from .entity_ids import with_stored_ids
from .feed import BY_ITSELF, BY_SOURCE, CATALOGUE_CHANGED, Cause, ChangeFeed
from .files import Disk, HistoryStore, journal_folder
from .journal import Journal
from .past import Past
from .readings import AcceptedReadings, ImportProgress, Readings
from .store import Damaged, GoalIndex, GoalsOverview, TwinStore

_LOGGER = logging.getLogger(__name__)

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {kind.name: kind for kind in (PERSON, HOME, GOAL)}
)
HEALTH: Final = "health_metrics"
# Fields with rules that concern other twins, too.
RELATED_FIELDS: Final = frozenset(
    {*UNIQUE_FIELDS, "current_location_id", "dependencies", "owner_person_id", "residents"}
)


class TwinRegistry:
    """Persons, homes and goals.

    Every method that changes something checks first, and makes one transaction: on return the
    change is on disk and published. `cause` says who wants it. Errors are `TwinError` for input
    and `StoreFailedError` for a disk that refuses; then nothing has changed.
    """

    def __init__(self, hass: HomeAssistant, feed: ChangeFeed, disk: Disk | None = None) -> None:
        self._hass = hass
        self._feed = feed
        self._timezones: frozenset[str] = frozenset()
        self._persons = TwinStore(PERSON)
        self._homes = TwinStore(HOME)
        self._goals = TwinStore(GOAL)
        self._stores: dict[str, TwinStore[Any]] = {
            store.kind.name: store for store in (self._persons, self._homes, self._goals)
        }
        self._histories = HistoryStore()
        self._goal_index = GoalIndex(self._goals.records)
        self._goals.table.on_put = self._goal_index.update
        journal = Journal(journal_folder(hass), disk)
        self._changes = Changes(hass, feed, journal, self._stores, self._histories)
        self._checkpoint = Checkpoint(hass, self._changes, journal, self._stores, self._histories)
        self._readings = Readings(
            hass, self._changes, self._histories, self._goal_index, self.context
        )
        self.deletions = Deletions(
            self._changes, self._checkpoint, self._stores, self._histories, self.context
        )
        self.past = Past(hass, self._changes, journal, self._stores, self._histories)
        self.catalogue = CATALOGUE
        self.effects = DEFAULT_EFFECTS

    async def async_load(self) -> None:
        """Read the files and the journal, and the names of the time zones.

        Raises `UnsupportedStorageVersionError` for a file that a newer version wrote,
        `DamagedFileError` for one that is not what Home Assistant stores, and `OSError`.
        """
        self._timezones = frozenset(await self._hass.async_add_executor_job(available_timezones))
        await self._checkpoint.async_load(lambda: self.context(stored=True))
        zones = {person.timezone for person in self.persons.values()}
        # Whoever is brought back lives where they lived.
        left = (item.document.get("timezone") for item in self._persons.deleted.values())
        await self._readings.async_prepare_zones(self._hass.config.time_zone, *zones, *left)
        try:
            await self.deletions.async_expire()
        except OSError as error:
            _LOGGER.warning("Deleted people are not forgotten yet: %s", error)
        await self.deletions.async_finish()

    @property
    def persons(self) -> Mapping[str, Person]:
        """The Person twins by id."""
        return self._persons.records

    @property
    def homes(self) -> Mapping[str, Home]:
        """The Home twins by id."""
        return self._homes.records

    @property
    def goals(self) -> Mapping[str, Goal]:
        """The Goal twins by id."""
        return self._goals.records

    @property
    def world(self) -> Twins:
        """All twins, as the rules between them need them."""
        return Twins(persons=self.persons, homes=self.homes, goals=self.goals)

    def records(self, kind: str) -> Mapping[str, Record]:
        """Return the twins of a kind by id."""
        return self._stores[kind].records

    def get[R: Record](self, kind: Kind[R], twin_id: str, revision: int | None = None) -> R:
        """Return a twin; raises `not_found` naming its id field, `stale` for another revision."""
        store: TwinStore[R] = self._stores[kind.name]
        if (record := store.records.get(twin_id)) is None:
            raise refuse("not_found", kind.id_field, value=twin_id)
        if revision is not None and revision != record.revision:
            raise refuse("stale", "revision", value=revision, current=record.revision)
        return record

    def document[R: Record](self, kind: Kind[R], record: R) -> dict[str, PlainJson]:
        """Return a copy of the document of a present record, without parts of newer versions."""
        stored = self._stores[kind.name].table.documents[kind.id_of(record)]
        document: dict[str, PlainJson] = {name: stored[name] for name in kind.fields}
        parts = {name: part for name, part in document.items() if isinstance(part, (dict, list))}
        document |= orjson.loads(orjson.dumps(parts))
        return document

    def goals_of(self, person_id: str) -> list[Goal]:
        """Return the goals that a person owns."""
        return self._goal_index.owned(person_id)

    def is_private(self, goal: Goal, audiences: Audiences = HOUSEHOLD) -> bool:
        """Return whether a goal follows a metric whose values some audiences may not know."""
        owner = self.persons.get(goal.owner_person_id or "")
        return owner is not None and not discloses(owner, goal.followed_metrics, audiences)

    def goals_overview(self, person_id: str) -> GoalsOverview:
        """Return counts and mean progress of the goals of a person."""
        return self._goal_index.overview(person_id)

    def goal_by_code(self, code: str) -> str | None:
        """Return the id of the goal with a code, in any case."""
        return self._goal_index.by_code(code)

    def damaged(self, kind: str) -> tuple[Damaged, ...]:
        """Return the stored records of a kind that could not be read."""
        return self._stores[kind].damaged

    @property
    def damaged_histories(self) -> Mapping[str, tuple[str, ...]]:
        """The metrics whose daily histories could not be read, by person."""
        return self._histories.damaged

    @property
    def damaged_changes(self) -> int:
        """How many changes of the journal could not be read at this start."""
        return self._checkpoint.damaged_lines

    @property
    def seq(self) -> int:
        """The number of the last transaction that is on disk."""
        return self._changes.seq_on_disk

    @property
    def writes(self) -> int:
        """How often a storage file was written since the start."""
        return self._checkpoint.writes

    def context(self, *, stored: bool = False) -> Context:
        """Return what validation may need to know: the time, the zone and all zones."""
        return Context(
            now=dt_util.utcnow(),
            today=dt_util.now().date(),
            timezone=self._hass.config.time_zone,
            timezones=self._timezones,
            catalogue=self.catalogue,
            days_of=self._days_of,
            stored=stored,
        )

    def person_days(self, person: Person) -> PersonDay:
        """Return the days of a person: where they begin."""
        return self._readings.days_of(person)

    def owner_days(self, goal: Goal) -> PersonDay:
        """Return the days of the owner of a goal, those of the household where there is none."""
        return self._days_of(goal.owner_person_id)

    def _days_of(self, person_id: str | None) -> PersonDay:
        person = self.persons.get(person_id or "")
        return self.person_days(person) if person else PersonDay(dt_util.get_default_time_zone())

    def reading_context(self, person_id: str) -> Context:
        """Return the context for new readings of a person, none of which are at the same time."""
        return replace(self.context(), now=self._readings.next_time(person_id))

    def histories(self, person_id: str) -> Mapping[str, MetricHistory]:
        """Return the daily histories of a person by metric."""
        return self._histories.of(person_id)

    @callback
    def async_set_household_metrics(self, metrics: Iterable[Metric]) -> None:
        """Take over the metrics that the household defines for itself."""
        catalogue = whole_catalogue(metrics)
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self._feed.publish_derived((CATALOGUE_CHANGED,))

    async def async_create[R: Record](
        self,
        kind: Kind[R],
        document: Mapping[str, object],
        *,
        twin_id: str | None = None,
        cause: Cause = BY_ITSELF,
    ) -> R:
        """Create a twin from input; the id is a new UUID unless one is given."""
        zone = document.get("timezone") or self._hass.config.time_zone
        await self._readings.async_prepare_zones(zone)
        context = self.context()
        record = kind.derive(None, self._new(kind, document, twin_id, context), context)
        async with self._changes.begin(cause) as transaction:
            if isinstance(record, Person):
                self._readings.add(transaction, record)
            else:
                transaction.put(kind, None, record)
        return self.get(kind, kind.id_of(record))

    def check_new[R: Record](self, kind: Kind[R], document: Mapping[str, object]) -> None:
        """Raise the `TwinError` with which a twin of that input would be refused now."""
        self._new(kind, document, None, self.context())

    def _new[R: Record](
        self, kind: Kind[R], document: Mapping[str, object], twin_id: str | None, context: Context
    ) -> R:
        stored = with_stored_ids(self._hass, document)
        record = create(kind, stored, context, twin_id or str(uuid4()))
        self._check(record, document)
        return record

    async def async_update[R: Record](
        self,
        kind: Kind[R],
        twin_id: str,
        patch: Mapping[str, object],
        *,
        revision: int | None = None,
        cause: Cause = BY_ITSELF,
    ) -> R:
        """Apply a JSON merge patch; with `revision` only to that revision of the twin."""
        await self._readings.async_prepare_zones(patch.get("timezone"))
        before = self.get(kind, twin_id, revision)
        after = change(kind, before, with_stored_ids(self._hass, patch), self.context())
        return await self.async_replace(kind, before, after, cause=cause)

    async def async_replace[R: Record](
        self, kind: Kind[R], before: R, after: R, *, cause: Cause = BY_ITSELF
    ) -> R:
        """Keep the next revision of a twin that a pure function made from the present one."""
        await self.async_replace_all(kind, ((before, after),), cause=cause)
        return self.get(kind, kind.id_of(after))

    async def async_replace_all[R: Record](
        self, kind: Kind[R], pairs: Sequence[tuple[R, R]], *, cause: Cause = BY_ITSELF
    ) -> None:
        """Keep the next revisions of several twins together; only the result of all is checked.

        So two goals can swap their codes.
        """
        context, written = self.context(), set[str]()
        async with self._changes.begin(cause) as transaction:
            for before, after in pairs:
                if after is before:
                    continue
                derived = kind.derive(before, after, context)
                changed = changed_fields(kind, before, derived)
                written |= RELATED_FIELDS.intersection(changed)
                if isinstance(before, Person) and isinstance(derived, Person) and HEALTH in changed:
                    self._readings.replace(transaction, before, derived)
                else:
                    transaction.put(kind, before, derived, changed)
            for _, after in pairs if written else ():
                self._check(after, written)

    async def async_delete[R: Record](
        self, kind: Kind[R], twin_id: str, *, force: bool = False, cause: Cause = BY_ITSELF
    ) -> tuple[Reference, ...]:
        """Delete a twin; see `Deletions.async_delete`."""
        return await self.deletions.async_delete(
            kind, self.get(kind, twin_id), self.world, force=force, cause=cause
        )

    async def async_restore[R: Record](
        self, kind: Kind[R], twin_id: str, *, cause: Cause = BY_ITSELF
    ) -> R:
        """Bring a deleted twin back; see `Deletions.async_restore`."""

        def check(record: R) -> None:
            self._check(record, UNIQUE_FIELDS)

        return await self.deletions.async_restore(kind, twin_id, check, cause=cause)

    async def async_record(
        self, person_id: str, batch: Batch, *, delayed: bool = False, cause: Cause = BY_SOURCE
    ) -> AcceptedReadings:
        """Put readings of a person where they belong: all that count are on disk on return.

        A late reading never replaces a newer one. With `delayed` they are saved minutes later.
        """
        person = self.get(PERSON, person_id)
        return await self._readings.async_record(person, batch, cause, delayed=delayed)

    async def async_import_readings(
        self,
        person_id: str,
        batch: Sequence[tuple[str, Reading]],
        report: ImportProgress = lambda _count: None,
        *,
        cause: Cause = BY_SOURCE,
    ) -> int:
        """Put very many readings, oldest first, of the last 400 days where they belong.

        Nothing is held up meanwhile. `report` gets how many are in. Returns how many days changed.
        """
        return await self._readings.async_import(
            lambda: self.get(PERSON, person_id), batch, report, cause
        )

    async def async_update_progress(
        self, goal_id: str, update: Mapping[str, object], *, cause: Cause = BY_ITSELF
    ) -> Goal:
        """Update one key result of a goal; `update_progress` says how, errors included.

        Local times are those of the owner, of the household for a goal without one.
        """
        await self.async_put_measured((self.progressed(goal_id, update),), cause=cause)
        return self.get(GOAL, goal_id)

    async def async_put_measured(
        self, pairs: Iterable[tuple[Goal, Goal]], *, cause: Cause = BY_ITSELF
    ) -> None:
        """Keep goals, before and after a change of what they measure; see `measured`."""
        async with self._changes.begin(cause) as transaction:
            for before, after in pairs:
                if after is not before:
                    transaction.put(GOAL, before, after)

    def progressed(self, goal_id: str, update: Mapping[str, object]) -> tuple[Goal, Goal]:
        """Return a goal as it is and as it would be after an update; nothing is changed yet."""
        before = self.get(GOAL, goal_id)
        context = self.context()
        days = self.owner_days(before)
        key_results = update_progress(before.progress_metrics, update, context, days)
        return before, measured(before, key_results, context)

    async def async_write_files(self) -> None:
        """Write the storage files of everything that changed: a backup is about to be made."""
        await self._checkpoint.async_write_all()

    async def async_close(self) -> None:
        """Write what waits, and refuse every later change with `StoppedError`.

        Whoever still works for an unloaded entry must not overwrite what the next one reads.
        """
        await self._checkpoint.async_close()

    async def async_remove(self) -> None:
        """Delete all files: the integration is removed."""
        await self._checkpoint.async_remove()

    def _check(self, record: Record, written: Iterable[str]) -> None:
        """Refuse broken references and duplicates among the fields that were written.

        What was broken before stays as it is: it must not stand in the way of another change.
        """
        names = RELATED_FIELDS & set(written)
        if not names:
            return
        found = twin_faults(self.world, cast("Twin", record))
        if faults := [fault for fault in found if fault.field in names]:
            raise TwinError(*faults)
