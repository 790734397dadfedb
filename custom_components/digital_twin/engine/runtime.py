"""Everything that runs for the config entry, and in which order it starts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Self
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..twin.home.home import HOME, Thresholds
from ..twin.home.inventory import DeviceChange
from ..twin.metrics.household_metrics import METRICS, household_metrics
from ..twin.records.context_effects import rules_from_options
from .contexts import ContextClock, ContextFollower, ContextProposals, ContextRules
from .core.feed import ADDED, EFFECTS_CHANGED, EVENTS, REMOVED, Change, ChangeFeed, Topic
from .core.registry import KINDS, TwinRegistry
from .events import TwinEvents
from .folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK, GoalsFolder
from .goal_assessments import GoalAssessments
from .goal_sources import GoalSources
from .health.events import DayClock, HealthEvents
from .health.exposure import AssistantExposure
from .health.linked import LinkedSources
from .health.statistics import StatisticsExporter, async_clear_statistics
from .home import ANNOUNCED, HomeEvent, HomeObserver, OccupancyChange, OpenedCause
from .issues import HomeIssues, async_follow_goals_folder, async_offer_returns, async_review_issues
from .subentries import Subentries

type DigitalTwinConfigEntry = ConfigEntry[Runtime]

# What of the records decides what belongs to a home and who is in it.
HOME_TOPICS: Final = tuple(
    Topic(kind, None, name)
    for kind, names in {
        "home": (ADDED, REMOVED, "name", "scope", "zone", "residents", "context", "context_since"),
        "person": (ADDED, REMOVED, "name", "person_entity", "current_location_id"),
    }.items()
    for name in names
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """The parts of a loaded entry; surfaces read and change twins through them."""

    feed: ChangeFeed
    registry: TwinRegistry
    observer: HomeObserver
    subentries: Subentries
    assessments: GoalAssessments
    goals_folder: GoalsFolder
    context_rules: ContextRules

    @classmethod
    async def async_load(cls, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> Self:
        """Make the parts and read their files.

        Raises `UnsupportedStorageVersionError` for a file that a newer version wrote, and
        `DamagedFileError` for one that is not what Home Assistant stores.
        """
        feed = ChangeFeed()
        registry = TwinRegistry(hass, feed)
        observer = HomeObserver(
            hass,
            feed,
            lambda: registry.homes,
            lambda: registry.persons,
            Thresholds.from_options(entry.options),
            own_entry_id=entry.entry_id,
            can_return=partial(registry.deletions.is_deleted, HOME.name),
            on_events=partial(_publish_home_events, feed),
        )
        runtime = cls(
            feed=feed,
            registry=registry,
            observer=observer,
            subentries=Subentries(hass, entry, registry, feed),
            assessments=GoalAssessments(hass, feed, registry, observer.views),
            goals_folder=GoalsFolder(hass, registry),
            context_rules=ContextRules(hass, registry),
        )
        # Readings are read by the metrics that the household defines.
        registry.async_set_household_metrics(household_metrics(entry.options.get(METRICS)))
        registry.effects = Thresholds.from_options(entry.options).effects
        await registry.async_load()
        await runtime.observer.async_load()
        await runtime.goals_folder.async_load()
        return runtime

    async def async_start(self, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
        """Bring the twins to life, so that platforms find everything that they show."""
        async_review_issues(hass, self.registry)
        first_set_up = False
        first_home = entry.data.get(FIRST_HOME)
        if first_home:
            await async_create_first_home(self.registry, first_home)
            first_set_up = bool(first_home.get(GRACE))
            remaining = {key: value for key, value in entry.data.items() if key != FIRST_HOME}
            hass.config_entries.async_update_entry(entry, data=remaining)
        entry.async_on_unload(self.assessments.async_start())
        await self.subentries.async_reconcile()
        entry.async_on_unload(self.registry.async_close)
        entry.async_on_unload(self.observer.async_save)
        entry.async_on_unload(self.observer.async_start(first_set_up=first_set_up))
        exporter = StatisticsExporter(hass, self.registry, self.feed)
        for part in (
            exporter,
            DayClock(hass, self.registry, self.feed, exporter.days_over),
            LinkedSources(hass, self.registry, self.feed),
            HealthEvents(self.registry, self.feed),
            AssistantExposure(hass, self.registry, self.feed),
            ContextFollower(self.registry, self.feed),
            ContextClock(hass, self.registry, self.feed),
            ContextProposals(hass, entry, self.registry, self.feed),
            Expiry(hass, self.registry, self.feed),
            HomeIssues(hass, self.feed, self.observer, lambda: self.registry.homes),
            TwinEvents(hass, self.feed, self.registry, self.subentries),
        ):
            entry.async_on_unload(part.async_start())

    @callback
    def async_follow(self, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
        """Follow what changes from now on: records, subentries and the goals folder."""
        entry.async_on_unload(self.feed.subscribe(HOME_TOPICS, self.observer.async_homes_changed))
        self.subentries.async_start()
        entry.async_on_unload(async_follow_goals_folder(hass, self.goals_folder))
        sources = GoalSources(hass, self.feed, self.registry)
        entry.async_on_unload(sources.async_start())
        self.context_rules.async_configure(rules_from_options(entry.options))
        entry.async_on_unload(self.context_rules.async_start())
        self._configure_goals_folder(entry.options)
        entry.async_on_unload(self.goals_folder.async_start())

    @callback
    def async_configure(self, options: Mapping[str, Any]) -> None:
        """Take over changed options; they count at once."""
        self._configure_goals_folder(options)
        thresholds = Thresholds.from_options(options)
        if thresholds.effects != self.registry.effects:
            self.registry.effects = thresholds.effects
            self.feed.publish_derived((EFFECTS_CHANGED,))
        self.observer.async_set_thresholds(thresholds)
        self.context_rules.async_configure(rules_from_options(options))
        self.registry.async_set_household_metrics(household_metrics(options.get(METRICS)))

    def _configure_goals_folder(self, options: Mapping[str, Any]) -> None:
        self.goals_folder.async_configure(
            options.get(CONF_GOALS_FOLDER), write_back=options.get(CONF_WRITE_BACK, False)
        )


@callback
def loaded_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return the parts of the loaded entry, None while there is none."""
    entries: list[DigitalTwinConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data if entries else None


class Expiry:
    """One timer, set to the next deleted twin whose time is over."""

    def __init__(self, hass: HomeAssistant, registry: TwinRegistry, feed: ChangeFeed) -> None:
        self._hass = hass
        self._registry = registry
        self._feed = feed
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Forget from now on; return what ends that."""
        removed = [Topic(kind, None, REMOVED) for kind in KINDS]
        ends = [self._feed.subscribe(removed, self._set), async_at_started(self._hass, self._set)]

        @callback
        def stop() -> None:
            for end in ends:
                end()
            self._drop()

        return stop

    @callback
    def _set(self, _started: object = None) -> None:
        self._drop()
        if (moment := self._registry.deletions.next_expiry) is not None:
            self._cancel = async_track_point_in_utc_time(self._hass, self._async_due, moment)

    def _drop(self) -> None:
        if self._cancel:
            self._cancel()
            self._cancel = None

    async def _async_due(self, _now: datetime) -> None:
        self._cancel = None
        try:
            people = await self._registry.deletions.async_expire()
        except OSError:
            # The store has logged why. It is tried again with the next twin, or after a start.
            return
        await async_clear_statistics(self._hass, people)
        async_offer_returns(self._hass, self._registry)
        self._set()


FIRST_HOME = "first_home"
# In the data that the form makes: nothing is judged before the start-up grace is over.
GRACE: Final = "grace"


def first_home_data(
    name: str,
    residents: Iterable[tuple[str, str]],
    outdoor_areas: Iterable[str] = (),
    *,
    health_entities: bool = True,
) -> dict[str, Any]:
    """Make the entry's data from the form: the home's name, and name and entity of residents.

    `health_entities` is whether their health values become entities, which everybody sees.
    The ids are chosen here, so that a set-up which is interrupted goes on with the same twins.
    """
    persons = {
        str(uuid4()): {
            "name": person,
            "person_entity": entity,
            "health_entities": health_entities,
        }
        for person, entity in residents
    }
    home: dict[str, Any] = {"name": name, "zone": "zone.home", "residents": list(persons)}
    if outdoor := list(outdoor_areas):
        home["scope"] = {"outdoor_areas": outdoor}
    return {FIRST_HOME: {"persons": persons, "homes": {str(uuid4()): home}, GRACE: True}}


async def async_create_first_home(registry: TwinRegistry, data: Mapping[str, Any]) -> None:
    """Create the twins that the form named, unless they are there already."""
    for name, documents in (("person", data["persons"]), ("home", data["homes"])):
        for twin_id, document in documents.items():
            if twin_id not in registry.records(name):
                await registry.async_create(KINDS[name], document, twin_id=twin_id)


def _publish_home_events(feed: ChangeFeed, home_id: str, events: Iterable[HomeEvent]) -> None:
    """Put events of a home on the feed."""
    feed.publish(
        Change(
            kind="home",
            twin_id=home_id,
            fields=frozenset({EVENTS}),
            at=event.at,
            before=event.old,
            after=event.new,
            event=slug,
            details=details,
        )
        for event in events
        for slug, details in (_home_event(event),)
    )


def _home_event(event: HomeEvent) -> tuple[str, Mapping[str, Any]]:
    """Return the slug of a home event, and its details: names and slugs."""
    if isinstance(event, DeviceChange):
        return event.new.slug, {"device_id": event.device_id, "name": event.name}
    if isinstance(event, OpenedCause):
        cause = event.new
        ids = {"device_id": cause.device_id, "entity_id": cause.entity_id}
        return ANNOUNCED[cause.kind], {**ids, "name": cause.name}
    details = {"from": event.old.slug, "to": event.new.slug}
    if isinstance(event, OccupancyChange):
        return "occupancy_changed", details
    return "operational_status_changed", details
