"""Conditions of automations about goals, homes and metrics, and what triggers share with them.

That is the target, which names entities, devices, areas or labels, and the options that name
people, homes and metrics.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, Unpack, override

from homeassistant.const import CONF_ABOVE, CONF_BELOW, CONF_OPTIONS, CONF_STATE, CONF_TARGET
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.typing import ConfigType, VolDictType
import probatio

from .commands.finder import Finder
from .engine.core.registry import KINDS
from .engine.health.sources import person_health, shown_amount
from .engine.runtime import Runtime, loaded_runtime
from .surfaces.errors import translated_errors
from .twin.enums import GoalStatus, OccupancyStatus, OperationalStatus, TwinEnum, as_slug
from .twin.errors import TwinError
from .twin.goals.pace import Pace
from .twin.metrics.insight import HIGH, LOW, USUAL
from .twin.metrics.units import metric_of

CONF_EXCLUDE: Final = "exclude"
CONF_PERSON: Final = "person"
CONF_HOME: Final = "home"
CONF_METRIC: Final = "metric"
CONF_STATUS: Final = "status"
CONF_PACE: Final = "pace"
CONF_PROGRESS: Final = "progress"
CONF_OCCUPANCY: Final = "occupancy"

type Covers = Callable[[Iterable[str | None]], bool]

TEXTS: Final = probatio.All(cv.ensure_list, [cv.string])


def one_or_more(*options: str) -> Any:  # noqa: ANN401  # as probatio types its validators
    """Validate one or several of the options, in any spelling that enumerations read."""
    return probatio.All(TEXTS, [probatio.All(as_slug, probatio.In(options))])


# The editor would mark a trigger without a target as incomplete: there, the choice is an option.
CONF_ABOUT: Final = "about"
ABOUT: Final[VolDictType] = {probatio.Optional(CONF_ABOUT): cv.TARGET_FIELDS}
OF_PERSON: Final[VolDictType] = {probatio.Optional(CONF_PERSON): TEXTS}
OF_HOME: Final[VolDictType] = {probatio.Optional(CONF_HOME): TEXTS}
OF_METRIC: Final[VolDictType] = {probatio.Optional(CONF_METRIC): TEXTS}


class TwinTarget:
    """What a trigger or a condition is about: without a target, everything.

    The target is that of the configuration, or the option `about`.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        target: Mapping[str, Any] | None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._hass = hass
        self._target: Mapping[str, Any] = target or (options or {}).get(CONF_ABOUT) or {}

    def resolve(self) -> Covers:
        """Return what tells whether one of several devices and entities is chosen.

        None of them may be excluded.
        """
        chosen = self._chosen(self._target)
        excluded = self._chosen(self._target.get(CONF_EXCLUDE) or {}) or frozenset()

        def covers(ids: Iterable[str | None]) -> bool:
            known = {each for each in ids if each}
            return known.isdisjoint(excluded) and (chosen is None or not known.isdisjoint(chosen))

        return covers

    def _chosen(self, target: Mapping[str, Any]) -> Collection[str] | None:
        """Return the entities and devices of a target; None for one that names nothing."""
        selection = TargetSelection({key: target[key] for key in target if key != CONF_EXCLUDE})
        if not selection.has_any_target:
            return None
        found = async_extract_referenced_entity_ids(
            self._hass, selection, primary_entities_only=False
        )
        entities = found.referenced | found.indirectly_referenced
        entries = map(er.async_get(self._hass).async_get, entities)
        devices = {entry.device_id for entry in entries if entry and entry.device_id}
        return entities | devices | found.referenced_devices


def validate_names(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Refuse metrics, people and homes that are unknown, as far as the entry is loaded.

    Raises `ServiceValidationError`.
    """
    if (runtime := loaded_runtime(hass)) is None:
        return
    with translated_errors():
        for metric in cv.ensure_list(options.get(CONF_METRIC)):
            try:
                metric_of(metric, runtime.registry.catalogue)
            except TwinError as error:
                raise error.within(CONF_METRIC) from None
        for field in (CONF_PERSON, CONF_HOME):
            for name in options.get(field, ()):
                Finder(hass, runtime.registry).chosen(KINDS[field], {field: name}, field)


@callback
def named_twins(
    hass: HomeAssistant, runtime: Runtime, options: Mapping[str, Any], kind: str
) -> Collection[str | None] | None:
    """Return the ids of the people or homes that an option names; None if it names nobody."""
    if not (names := options.get(kind)):
        return None
    finder = Finder(hass, runtime.registry)
    found = set()
    for name in names:
        try:
            found.add(KINDS[kind].id_of(finder.chosen(KINDS[kind], {kind: name}, kind)))
        except TwinError:
            # It has been deleted meanwhile.
            continue
    return found


class TwinCondition(Condition):
    """Checks the twins of a kind that the target and the options choose.

    It holds if it does so for any or for all of them; those of which something is unknown do not
    count. `options`: the schema of the options, of which one of `criteria` must be there.
    """

    kind: ClassVar[str]
    options: ClassVar[VolDictType]
    criteria: ClassVar[tuple[str, ...]]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Validate the target and the options."""
        behavior = probatio.In([BEHAVIOR_ANY, BEHAVIOR_ALL])
        options = {
            probatio.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): behavior,
            **ABOUT,
            **cls.options,
        }
        schema = probatio.Schema(
            {
                probatio.Optional(CONF_TARGET): dict,
                probatio.Required(CONF_OPTIONS): probatio.All(
                    options, probatio.AtLeastOne(*cls.criteria)
                ),
            }
        )
        valid: ConfigType = schema({CONF_OPTIONS: {}, **config})
        validate_names(hass, valid[CONF_OPTIONS])
        return valid

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        self._target = TwinTarget(hass, config.target, config.options)
        self._options: Mapping[str, Any] = config.options or {}

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        if (runtime := loaded_runtime(self._hass)) is None:
            return False
        covers, device_id = self._target.resolve(), runtime.subentries.device_id
        people = named_twins(self._hass, runtime, self._options, CONF_PERSON)
        verdicts = []
        for twin_id in runtime.registry.records(self.kind):
            goal = runtime.registry.goals.get(twin_id)
            owner_id = goal.owner_person_id if goal else None
            ids = (device_id(twin_id), device_id(owner_id) if owner_id else None)
            if (people is None or owner_id in people) and covers(ids):
                verdicts.append(_together(self._verdicts(runtime, twin_id)))
        known = [verdict for verdict in verdicts if verdict is not None]
        return all(known) if self._options[ATTR_BEHAVIOR] == BEHAVIOR_ALL else any(known)

    @abstractmethod
    def _verdicts(self, runtime: Runtime, twin_id: str) -> Iterator[bool | None]:
        """Yield for each criterion whether a twin meets it, None where that is unknown."""

    def _is_one_of(self, name: str, member: TwinEnum | None) -> Iterator[bool | None]:
        if wanted := self._options.get(name):
            yield None if member is None else member.slug in wanted


def _together(verdicts: Iterable[bool | None]) -> bool | None:
    found = [*verdicts]
    return False if False in found else None if None in found else True


class GoalCondition(TwinCondition):
    """Status, pace and progress of goals."""

    kind = "goal"
    criteria = (CONF_STATUS, CONF_PACE, CONF_PROGRESS)
    options: ClassVar = {
        **OF_PERSON,
        probatio.Optional(CONF_STATUS): one_or_more(*GoalStatus.slugs()),
        probatio.Optional(CONF_PACE): one_or_more(*Pace.slugs()),
        probatio.Optional(CONF_PROGRESS): probatio.All(
            probatio.Coerce(float), probatio.Range(min=0, max=100)
        ),
    }

    @override
    def _verdicts(self, runtime: Runtime, twin_id: str) -> Iterator[bool | None]:
        assessment = runtime.assessments.get(twin_id)
        yield from self._is_one_of(CONF_STATUS, runtime.registry.goals[twin_id].status)
        yield from self._is_one_of(CONF_PACE, assessment.pace if assessment else None)
        if (least := self._options.get(CONF_PROGRESS)) is not None:
            progress = assessment.progress if assessment else None
            yield None if progress is None else progress >= least


class HomeCondition(TwinCondition):
    """Status and occupancy of homes."""

    kind = "home"
    criteria = (CONF_STATUS, CONF_OCCUPANCY)
    options: ClassVar = {
        probatio.Optional(CONF_STATUS): one_or_more(*OperationalStatus.slugs()),
        probatio.Optional(CONF_OCCUPANCY): one_or_more(*OccupancyStatus.slugs()),
    }

    @override
    def _verdicts(self, runtime: Runtime, twin_id: str) -> Iterator[bool | None]:
        view = runtime.observer.views.get(twin_id)
        yield from self._is_one_of(CONF_STATUS, view.operational.status if view else None)
        yield from self._is_one_of(CONF_OCCUPANCY, view.occupancy.status if view else None)


# By the state of a metric: the directions of its value in which it is in that state.
DIRECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "unusual": (HIGH, LOW),
    "unusually_high": (HIGH,),
    "unusually_low": (LOW,),
    "usual": (USUAL,),
}
FRESHNESS: Final[Mapping[str, bool]] = {"stale": False, "up_to_date": True}


class MetricCondition(TwinCondition):
    """Value and state of a metric of people."""

    kind = "person"
    criteria = (CONF_ABOVE, CONF_BELOW, CONF_STATE)
    options: ClassVar = {
        probatio.Required(CONF_METRIC): cv.string,
        probatio.Optional(CONF_ABOVE): probatio.Coerce(float),
        probatio.Optional(CONF_BELOW): probatio.Coerce(float),
        probatio.Optional(CONF_STATE): one_or_more(*DIRECTIONS, *FRESHNESS),
    }

    @override
    def _verdicts(self, runtime: Runtime, twin_id: str) -> Iterator[bool | None]:
        person, key = runtime.registry.persons[twin_id], self._options[CONF_METRIC]
        health = person_health(runtime.registry, person)
        view = health.metric(key)
        amount = shown_amount(self._hass, person, view)
        value = amount.value if amount else None
        if (limit := self._options.get(CONF_ABOVE)) is not None:
            yield None if value is None else value > limit
        if (limit := self._options.get(CONF_BELOW)) is not None:
            yield None if value is None else value < limit
        if states := self._options.get(CONF_STATE):
            direction = health.direction(key)
            found = [
                None if direction is None else direction in DIRECTIONS[state]
                for state in states
                if state in DIRECTIONS
            ]
            if view is not None:
                found += [view.fresh is FRESHNESS[state] for state in states if state in FRESHNESS]
            yield True if True in found else None if None in found or not found else False


CONDITIONS: Final[Mapping[str, type[Condition]]] = {
    "goal_is": GoalCondition,
    "home_is": HomeCondition,
    "metric_is": MetricCondition,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return dict(CONDITIONS)
