"""Answers to spoken sentences, in the language of the sentence, as the user who speaks.

Without a user, as behind a loudspeaker, only homes and goals of the whole household are told, and
nothing is written.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from ..commands import people, twins
from ..commands.access import OWNER, Actor, readable_parts
from ..engine.briefings import assessed_state, home_situations
from ..engine.documents import Document
from ..engine.health.sources import person_health, shown_amount, shown_unit
from ..twin.enums import ItemState, KeyResultKind, Length
from ..twin.errors import refuse
from ..twin.goals.answers import goal_text, home_text
from ..twin.goals.briefing import brief, briefing_text
from ..twin.goals.goal import GOAL, Goal, progress_of
from ..twin.goals.key_results import KeyResult
from ..twin.metrics.consent import discloses
from ..twin.metrics.person import PERSON, Person
from ..twin.spoken import SPOKEN_UNITS, Names, SpokenAmount, named, spoken_amount, spoken_pair
from ..twin.values import Wording
from .health_actions import async_update_health_metrics

# The most names that are listed where a name is unknown, and goals that a value has moved.
LISTED: Final = 5
MOVED: Final = 2
# Totals from here on are told without decimals.
WHOLE_FROM: Final = 100
BLOOD_PRESSURE: Final = ("systolic_blood_pressure", "diastolic_blood_pressure")
# Units that say nothing when they are read aloud.
SILENT_UNITS: Final = frozenset({"points", "steps"})


class SpokenRefusalError(Exception):
    """What was said has no answer but the text with the key of `selector.spoken`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Subject(NamedTuple):
    """What a sentence names.

    A twin, with the key of a quick entry or key result and the id of an item; a metric has no twin.
    """

    twin_id: str
    key: str = ""
    item: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A sentence: who said it, the words of its language, what it names, and its free part."""

    actor: Actor
    words: Wording
    subjects: Sequence[Subject] = ()
    text: str = ""

    def say(self, key: str, **values: str) -> str:
        """Return an answer with its values."""
        return self.words.say(f"spoken.{key}", **values)

    def metric(self, key: str) -> str:
        """Return the name of a metric."""
        return self.words.metric(key, self.actor.registry.catalogue[key].name)

    def amount(self, value: float, unit: str | None) -> str:
        """Return an amount with its unit."""
        number = self.words.exact(value)
        if not unit or unit in SILENT_UNITS:
            return number
        return f"{number}%" if unit == "%" else f"{number} {unit.removesuffix('.')}"

    def person(self, *, writes: bool = False) -> Person:
        """Return who speaks; raises `SpokenRefusalError` where that is not known."""
        if self.actor.access.household_only:
            raise SpokenRefusalError("unknown_writer" if writes else "unknown_reader")
        if (person := self.actor.speaking_person) is None:
            raise SpokenRefusalError("no_person")
        return person


type Reply = Callable[[Said], Awaitable[str]]


async def _goal(said: Said) -> str:
    """Tell how the goal is that is named, by its name or code."""
    goals = said.actor.registry.goals
    return _tell(said, [goals[each.twin_id] for each in said.subjects if each.twin_id in goals])


async def _goal_like(said: Said) -> str:
    """Tell how the goal is whose name was not said as it is written."""
    goals = said.actor.registry.goals
    readable = [goal for goal in goals.values() if said.actor.access.may_read(goal)]
    names = Names(named(each, goal) for goal in readable for each in (goal.name, goal.goal_code))
    if found := names.find_like(said.text):
        return _tell(said, list({goal.goal_id: goal for goal in found}.values()))
    text = said.say("goal_unknown", name=said.words.name(said.text))
    known = sorted((goal.name for goal in readable), key=str.casefold)[:LISTED]
    return f"{text} {said.say('goals_known', goals=_listed(said, known))}" if known else text


def _tell(said: Said, goals: Sequence[Goal]) -> str:
    if not goals:
        raise SpokenRefusalError("gone")
    access, own = said.actor.access, said.actor.own_person
    readable = [goal for goal in goals if access.may_read(goal)]
    if not readable:
        access.require_read(goals[0], "goal")
    mine = [goal for goal in readable if own and goal.owner_person_id == own.person_id]
    goal, *others = mine or readable
    if others:
        several = [f"{each.name} ({each.goal_code})" for each in (goal, *others)][:LISTED]
        return said.say("several_goals", goals=_listed(said, several))
    audiences = readable_parts(said.actor, GOAL.name, goal).audiences
    state = assessed_state(said.actor.runtime, goal, audiences)
    known = said.actor.registry.goals
    blockers = [
        known[key].name if key in known and access.may_read(known[key]) else None
        for key in state.assessment.blocked_by
    ]
    return goal_text(said.words, state, blockers)


async def _me(said: Said) -> str:
    """Tell the briefing of who speaks."""
    return await _about(said, said.person())


async def _person(said: Said) -> str:
    """Tell the briefing of the person who is named."""
    persons = said.actor.registry.persons
    found = [persons[each.twin_id] for each in said.subjects if each.twin_id in persons]
    if not found:
        raise SpokenRefusalError("gone")
    readable = [each for each in found if said.actor.access.may_read(each)]
    if not readable:
        said.actor.access.require_read(found[0], "person")
    return await _about(said, readable[0])


async def _briefing(said: Said) -> str:
    """Tell the briefing of the household."""
    found = await people.async_get_briefing(said.actor, {})
    return briefing_text(said.words, found, Length.SHORT)


async def _about(said: Said, person: Person) -> str:
    """Return the briefing of a person without that of their home, which nobody asked for."""
    found = await people.async_get_briefing(said.actor, {"person": person.person_id})
    briefing = brief(replace(found.household, homes=()))
    return briefing_text(said.words, briefing, Length.SHORT)


async def _home(said: Said) -> str:
    """Tell what is wrong at the home that is named, by default at all of them."""
    wanted = [each.twin_id for each in said.subjects]
    homes = home_situations(said.actor.runtime, wanted or [*said.actor.registry.homes])
    if not homes:
        raise SpokenRefusalError("no_home")
    all_is_well = not any(home.operational.causes or not home.operational.status for home in homes)
    if wanted and all_is_well:
        names = [said.words.name(home.name) for home in homes]
        return said.say("home_ok", home=said.words.listed(names))
    return home_text(said.words, homes)


async def _record(said: Said, metric: str | None = None) -> str:
    """Record a value of a metric, of the named one unless one is given."""
    person = said.person(writes=True)
    key = metric or said.subjects[0].key
    if key not in said.actor.registry.catalogue:
        raise SpokenRefusalError("gone")
    amount = spoken_amount(
        said.text,
        _unit_words(said),
        said.words.texts("spoken.halves").split("|"),
        said.words.language,
    )
    if amount is None:
        return said.say("no_number", metric=said.metric(key))
    found = said.actor.registry.catalogue[key]
    # An ounce of a drink is one of fluid.
    if amount.unit == "oz" and "fl. oz." in found.units:
        amount = replace(amount, unit="fl. oz.")
    unit = amount.unit or shown_unit(said.actor.hass, person, found)
    what = said.amount(amount.value, unit)
    # Of what adds up the total is told, too, with its name.
    named_what = what if found.sums else f"{said.metric(key)} {what}"
    return await _async_record(said, person, {key: amount}, named_what)


async def _blood_pressure(said: Said) -> str:
    """Record the two values of a blood pressure."""
    person = said.person(writes=True)
    if (pair := spoken_pair(said.text)) is None:
        raise SpokenRefusalError("no_pair")
    systolic, diastolic = pair
    values = zip(BLOOD_PRESSURE, pair, strict=True)
    amounts = {key: SpokenAmount(value, "mmHg") for key, value in values}
    what = said.say("blood_pressure", systolic=f"{systolic}", diastolic=f"{diastolic}")
    return await _async_record(said, person, amounts, what)


async def _async_record(
    said: Said, person: Person, amounts: Mapping[str, SpokenAmount], what: str
) -> str:
    actor = said.actor
    readings = {
        key: {"value": amount.value, "unit": amount.unit} for key, amount in amounts.items()
    }
    wanted = {"person": person.person_id, "metrics": readings}
    answer = await async_update_health_metrics(actor, wanted)
    goals = cast("list[Document]", answer["goals"])
    moved = [actor.registry.goals.get(str(each["goal_id"])) for each in goals]
    return _joined(
        said.say("recorded", what=what),
        _totals(said, person, amounts),
        *(_progress(said, goal) for goal in moved[:MOVED] if goal),
    )


def _totals(said: Said, person: Person, metrics: Iterable[str]) -> str:
    """Tell what the metrics that add up are today."""
    actor = said.actor
    health = person_health(actor.registry, actor.registry.get(PERSON, person.person_id))
    sums = [
        key
        for key in metrics
        if actor.registry.catalogue[key].sums and discloses(person, (key,), actor.audiences)
    ]
    found = [
        (key, shown_amount(actor.hass, person, health.metric(key), decimals=2)) for key in sums
    ]
    parts = [
        f"{said.metric(key)} {said.amount(_rounded(amount.value), amount.unit)}"
        for key, amount in found
        if amount
    ]
    return said.say("today", totals=_listed(said, parts)) if parts else ""


def _rounded(value: float) -> float:
    """Return a total as people would say it: large ones without decimals."""
    return round(value) if value >= WHOLE_FROM else value


async def _entry(said: Said) -> str:
    """Record a quick entry of who speaks."""
    person = said.person(writes=True)
    keys = [each.key for each in said.subjects if each.twin_id == person.person_id]
    if not keys:
        if not person.quick_entries:
            raise refuse("no_quick_entries", "entry", person=person.name)
        names = [entry.name for entry in person.quick_entries][:LISTED]
        return said.say("entry_unknown", entries=_listed(said, names))
    entry, _ = await people.async_record_quick_entry(said.actor, person, keys[0])
    recorded = said.say("recorded", what=said.words.name(entry.name))
    return _joined(recorded, _totals(said, person, entry.metrics))


class _Markable(NamedTuple):
    """An item of a checklist, or a key result that is reached or not, with its goal."""

    goal: Goal
    key_result: KeyResult
    item: str
    name: str
    is_done: bool


async def _item(said: Said) -> str:
    """Mark an item as done."""
    if said.actor.access.household_only:
        raise SpokenRefusalError("unknown_writer")
    parts = [part for each in said.subjects if (part := _part(said, each))]
    if not parts:
        raise SpokenRefusalError("gone")
    writable = [each for each in parts if said.actor.access.may_write(each.goal)]
    if not writable:
        said.actor.access.require_write(parts[0].goal, OWNER)
    own = said.actor.own_person
    mine = [each for each in writable if own and each.goal.owner_person_id == own.person_id]
    is_open = [each for each in mine or writable if not each.is_done]
    if not is_open:
        return said.say("item_already", item=said.words.name(parts[0].name))
    if len(is_open) > 1:
        names = [f"{each.goal.name} ({each.goal.goal_code})" for each in is_open][:LISTED]
        return said.say("several_items", goals=_listed(said, names))
    (found,) = is_open
    update: dict[str, object] = {"key_result": found.key_result.key}
    if found.item:
        update |= {"item": found.item, "state": ItemState.DONE.value}
    else:
        update["value"] = _reached(found.key_result)
    goal = await twins.async_update_progress(said.actor, found.goal.goal_id, update, OWNER)
    return _joined(said.say("item_done", item=said.words.name(found.name)), _progress(said, goal))


def _part(said: Said, subject: Subject) -> _Markable | None:
    goal = said.actor.registry.goals.get(subject.twin_id)
    parts = goal.progress_metrics if goal else ()
    one = next((each for each in parts if each.key == subject.key), None)
    if goal is None or one is None:
        return None
    if not subject.item:
        is_done = one.current is _reached(one)
        return _Markable(goal, one, "", one.name, is_done) if can_be_marked(one) else None
    item = next((each for each in one.items if each.id == subject.item), None)
    return _Markable(goal, one, item.id, item.name, item.state is ItemState.DONE) if item else None


def can_be_marked(key_result: KeyResult) -> bool:
    """Return whether a key result is reached or not, as somebody says it."""
    return key_result.kind is KeyResultKind.BOOLEAN and key_result.source is None


def _reached(key_result: KeyResult) -> bool:
    return key_result.target is not False


def _progress(said: Said, goal: Goal) -> str:
    progress = progress_of(goal)
    if progress is None:
        return ""
    return said.say("progress", goal=said.words.name(goal.name), progress=f"{progress:.0f}")


def _unit_words(said: Said) -> dict[str, str]:
    """Return the units by the words for them, in lower case."""
    metrics = said.actor.registry.catalogue.values()
    words = {unit.casefold().rstrip("."): unit for metric in metrics for unit in metric.units}
    for key, unit in SPOKEN_UNITS.items():
        for word in said.words.texts(f"unit_words.{key}").casefold().split("|"):
            words[word] = unit
    return words


def _listed(said: Said, names: Sequence[str]) -> str:
    return said.words.listed([said.words.name(name) for name in names])


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


REPLIES: Final[Mapping[str, Reply]] = MappingProxyType(
    {
        "goal": _goal,
        "me": _me,
        "person": _person,
        "home": _home,
        "home_named": _home,
        "briefing": _briefing,
        "blood_pressure": _blood_pressure,
        "weigh": partial(_record, metric="weight"),
        "drank": partial(_record, metric="hydration"),
        "slept": partial(_record, metric="sleep_duration"),
        "steps": partial(_record, metric="steps"),
        "record": _record,
        "item": _item,
        "entry": _entry,
        "goal_like": _goal_like,
    }
)
