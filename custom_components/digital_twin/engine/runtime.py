"""Everything that runs for the config entry, and in which order it starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..twin.home.home import HOME
from ..twin.home.thresholds import Thresholds
from ..twin.metrics.household_metrics import METRICS, household_metrics
from .core.feed import ADDED, REMOVED, ChangeFeed, Topic
from .core.registry import TwinRegistry
from .expiry import Expiry
from .first_home import FIRST_HOME, async_create_first_home
from .folder import CONF_GOALS_FOLDER, CONF_WRITE_BACK, GoalsFolder
from .goals.assessments import GoalAssessments
from .goals.sources import GoalSources
from .health.observer import HealthObserver
from .home import HomeObserver
from .home.issues import HomeIssues
from .issues import async_review_goals_folder, async_review_issues
from .subentries import Subentries

type DigitalTwinConfigEntry = ConfigEntry[Runtime]

# What of the records decides what belongs to a home and who is in it.
HOME_TOPICS: Final = tuple(
    Topic(kind, None, name)
    for kind, names in {
        "home": (ADDED, REMOVED, "name", "scope", "zone", "residents"),
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

    @classmethod
    async def async_load(cls, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> Self:
        """Make the parts and read their files.

        Raises `UnsupportedStorageVersionError` for a file that a newer version wrote, and
        `DamagedFileError` for one that is not what Home Assistant stores.
        """
        feed = ChangeFeed()
        registry = TwinRegistry(hass, feed)
        runtime = cls(
            feed=feed,
            registry=registry,
            observer=HomeObserver(
                hass,
                feed,
                lambda: registry.homes,
                lambda: registry.persons,
                Thresholds.from_options(entry.options),
                own_entry_id=entry.entry_id,
                can_return=partial(registry.deletions.is_deleted, HOME.name),
            ),
            subentries=Subentries(hass, entry, registry, feed),
            assessments=GoalAssessments(hass, feed, registry),
            goals_folder=GoalsFolder(hass, registry),
        )
        # Readings are read by the metrics that the household defines.
        registry.async_set_household_metrics(household_metrics(entry.options.get(METRICS)))
        await registry.async_load()
        await runtime.observer.async_load()
        await runtime.goals_folder.async_load()
        return runtime

    async def async_start(self, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
        """Bring the twins to life, so that platforms find everything that they show."""
        async_review_issues(hass, self.registry)
        if first_home := entry.data.get(FIRST_HOME):
            await async_create_first_home(self.registry, first_home)
            remaining = {key: value for key, value in entry.data.items() if key != FIRST_HOME}
            hass.config_entries.async_update_entry(entry, data=remaining)
        entry.async_on_unload(self.assessments.async_start())
        await self.subentries.async_reconcile()
        entry.async_on_unload(self.registry.async_close)
        entry.async_on_unload(self.observer.async_save)
        entry.async_on_unload(self.observer.async_start())
        health = HealthObserver(hass, self.registry, self.feed)
        entry.async_on_unload(health.async_start())
        entry.async_on_unload(Expiry(hass, self.registry, self.feed).async_start())
        issues = HomeIssues(hass, self.feed, self.observer, lambda: self.registry.homes)
        entry.async_on_unload(issues.async_start())

    @callback
    def async_follow(self, hass: HomeAssistant, entry: DigitalTwinConfigEntry) -> None:
        """Follow what changes from now on: records, subentries and the goals folder."""
        entry.async_on_unload(self.feed.subscribe(HOME_TOPICS, self.observer.async_homes_changed))
        self.subentries.async_start()
        entry.async_on_unload(
            self.goals_folder.add_listener(
                lambda: async_review_goals_folder(hass, self.goals_folder.lasting_faults)
            )
        )
        sources = GoalSources(hass, self.feed, self.registry)
        entry.async_on_unload(sources.async_start())
        self._configure_goals_folder(entry.options)
        entry.async_on_unload(self.goals_folder.async_start())

    @callback
    def async_configure(self, options: Mapping[str, Any]) -> None:
        """Take over changed options; they count at once."""
        self._configure_goals_folder(options)
        self.observer.async_set_thresholds(Thresholds.from_options(options))
        self.registry.async_set_household_metrics(household_metrics(options.get(METRICS)))

    def _configure_goals_folder(self, options: Mapping[str, Any]) -> None:
        self.goals_folder.async_configure(
            options.get(CONF_GOALS_FOLDER), write_back=options.get(CONF_WRITE_BACK, False)
        )
