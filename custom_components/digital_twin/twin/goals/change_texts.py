"""Changes of twins in sentences: each of them, and those that a briefing tells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..enums import GoalStatus, ItemState, as_slug
from ..records.rewind import Exactness
from ..records.timeline import What
from ..values import POLISH, PlainJson, Wording
from .changes import (
    AMOUNTS,
    HEALTH,
    ITEMS,
    KEY_RESULTS,
    MILESTONES,
    PROGRESS,
    STATUS,
    TwinChange,
    TwinName,
)

MINUS: Final = "\N{MINUS SIGN}"
AUTOMATION: Final = "automation"
FOLDER: Final = "folder"
INTEGRATION: Final = "integration"
SOURCE: Final = "source"
DECIMALS: Final = 4
# More names than these in a sentence are counted.
MOST_NAMES: Final = 5
# Fields whose values are words of an option: the selectors that have them.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    STATUS: ("goal_status",),
    "gender": ("gender",),
    "activity_level": ("activity_level",),
    "context": ("person_context", "home_context"),
    "kind": ("key_result_kind",),
}
DAYS: Final = frozenset(
    {"start_date", "target_date", "completed_on", "date", "due", "done", "context_until"}
)
# Fields whose values are twins: their kind.
TWINS: Final[Mapping[str, str]] = {
    "owner_person_id": "person",
    "current_location_id": "home",
    "dependencies": "goal",
    "residents": "person",
}
ENTITIES: Final = frozenset({"person_entity", "zone"})
TEXTS: Final = frozenset({"name", "goal_code", "timezone", "unit"})
# Fields of key results and milestones that have a text of their own; others are details.
PARTS: Final = frozenset(
    {*AMOUNTS, "name", "kind", "unit", "weight", "source", "date", "due", "done", PROGRESS}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeWording:
    """Writes changes: `words` has the texts, the others name what changes are about.

    `twin` names a twin by kind and id (None for one that is gone), `entity` an entity by what
    records keep of it, and `user` a user by the id (None for one who is gone). `amount` gives a
    value of a metric of a person (by id) as its sensor shows it, with the unit.
    """

    words: Wording
    twin: Callable[[str, str], str | None]
    entity: Callable[[str], str]
    user: Callable[[str], str | None]
    amount: Callable[[str, str, float], tuple[float, str]]

    def say(self, key: str, **values: str) -> str:
        """Return one of the texts of changes."""
        return self.words.say(f"change.{key}", **values)

    def named(self, kind: str, twin_id: str) -> str:
        """Return the name of a twin that a value refers to."""
        name = self.twin(kind, twin_id)
        return self.words.name(name) if name else self.say(f"gone_{kind}")

    def label(self, field: str) -> str:
        """Return the name of a field within a sentence; a newer version may have had others."""
        return self.words.texts(f"change_field.{field}") or field.replace("_", " ")


def change_text(wording: ChangeWording, change: TwinChange) -> str:
    """Return a change as a sentence without a full stop, such as "G01: status Active → On hold"."""
    name = wording.words.name(change.name.short)
    return wording.say("line", twin=name, text=change_words(wording, change))


def change_words(wording: ChangeWording, change: TwinChange) -> str:
    """Return a change in words, with who made it and how often, without the name of the twin."""
    text = _what(wording, change)
    if change.count > 1:
        text = wording.words.counted("change.times", change.count, text=text)
    by = author_words(wording, change)
    return wording.say(f"by_{by[0]}", text=text, name=by[1]) if by else text


def author_words(wording: ChangeWording, change: TwinChange) -> tuple[str, str] | None:
    """Return the ending of the text that tells who made a change, and the name of the user."""
    author = change.author
    if author is None:
        return None
    if author.actor in (AUTOMATION, FOLDER):
        return author.actor, ""
    if author.actor == INTEGRATION:
        # Forms do not know who uses them.
        return SOURCE if author.origin == SOURCE else "settings", ""
    name = wording.user(author.actor)
    return ("user", wording.words.name(name)) if name else ("removed_user", "")


def _what(wording: ChangeWording, change: TwinChange) -> str:
    if not change.field:
        return wording.say(change.what.value)
    if change.exactness is Exactness.UNKNOWN:
        return _only_changed(wording, change.field)
    if change.path and change.field in (KEY_RESULTS, MILESTONES):
        return _element(wording, change)
    if write := _WRITTEN.get(change.field):
        return write(wording, change)
    return _values(wording, change.field, wording.label(change.field), change)


def _progress(wording: ChangeWording, change: TwinChange) -> str:
    before, after = (
        f"{_number(wording.words, round(each))}%" if isinstance(each, int | float) else "?"
        for each in (change.before, change.after)
    )
    return wording.say("value", field=wording.label(PROGRESS), before=before, after=after)


def _only_changed(wording: ChangeWording, field: str) -> str:
    return wording.say("changed", field=wording.label(field))


def _values(wording: ChangeWording, field: str, label: str, change: TwinChange) -> str:
    """Return the values before and after, where people can read them in a sentence."""
    known = [each for each in (change.before, change.after) if each is not None]
    told = [_value(wording, field, each) for each in known]
    if None in told or not told:
        return wording.say("changed", field=label)
    texts = {"field": label, "before": told[0] or "", "after": told[-1] or ""}
    key = "set" if change.before is None else "unset" if change.after is None else "value"
    # The unit stands once, behind the last number.
    last = "before" if key == "unset" else "after"
    texts[last] = _with_unit(wording.words, texts[last], change.unit)
    return wording.say(key, **texts)


def _value(wording: ChangeWording, field: str, value: PlainJson) -> str | None:
    """Return a value as people read it, None for what cannot be read in a sentence."""
    match value:
        case bool():
            return wording.say("yes" if value else "no")
        case int() | float():
            return f"{value}:00" if field == "day_start" else _number(wording.words, value)
        case str():
            return _text_value(wording, field, value)
    return None


def _text_value(wording: ChangeWording, field: str, value: str) -> str | None:
    words, found = wording.words, None
    if field in OPTIONS:
        told = (words.texts(f"{each}.{as_slug(value)}") for each in OPTIONS[field])
        found = next(filter(None, told), words.name(value))
    elif field in DAYS:
        found = _day(words, value)
    elif field in TWINS:
        found = wording.named(TWINS[field], value)
    elif field in ENTITIES:
        found = words.name(wording.entity(value))
    elif field in TEXTS or field in AMOUNTS:
        found = words.name(value)
    return found


def _day(words: Wording, text: str) -> str:
    try:
        if len(text) == len("2026-03-01"):
            return words.day(date.fromisoformat(text))
        return words.time(datetime.fromisoformat(text))
    except ValueError:
        return words.name(text)


def _number(words: Wording, value: float) -> str:
    """Return a number with at most four decimals, as it is written in the language."""
    text = f"{value:,.{DECIMALS}f}".rstrip("0").removesuffix(".").replace("-", MINUS)
    return text.translate(POLISH) if words.language == "pl" else text


def _with_unit(words: Wording, number: str, unit: str | None) -> str:
    if not unit:
        return number
    return f"{number}%" if unit == "%" else f"{number} {words.name(unit)}"


def _health(wording: ChangeWording, change: TwinChange) -> str:
    metric, words = change.path[0], wording.words
    shown = [
        wording.amount(change.key.twin_id, metric, each) if isinstance(each, int | float) else None
        for each in (change.before, change.after)
    ]
    before, after = (_number(words, each[0]) if each else None for each in shown)
    unit = shown[1][1] if shown[1] else ""
    text = _with_unit(words, after or "", unit)
    label = words.metric(metric, change.element or None)
    if before is None:
        return wording.say("measured", field=label, after=text)
    return wording.say("value", field=label, before=before, after=text)


def _element(wording: ChangeWording, change: TwinChange) -> str:
    """Return what changed of a key result, an item or a milestone."""
    name = wording.words.name(change.element)
    kind = "milestone" if change.field == MILESTONES else "key_result"
    if ITEMS in change.path[1:2]:
        kind = "item"
    if change.what is not What.CHANGED:
        return wording.say(f"{kind}_{change.what.value}", name=name)
    part = change.path[-1]
    if part == "state":
        state = change.after if change.after in set(ItemState) else ItemState.TODO
        return wording.say(f"item_{state}", name=name)
    if part in {"current", "date"}:
        label = name if part == "current" else wording.say("milestone", name=name)
        return _values(wording, part, label, change)
    label = wording.label(part if part in PARTS else "details")
    return _values(wording, part, wording.say("of", field=label, name=name), change)


def _listed(wording: ChangeWording, change: TwinChange) -> str:
    """Return which twins were added to a list and removed from it."""
    before, after = (
        [str(key) for key in each] if isinstance(each, list) else []
        for each in (change.before, change.after)
    )
    kind, words = TWINS[change.field], wording.words
    told = []
    for key, ids in (
        ("list_added", [each for each in after if each not in before]),
        ("list_removed", [each for each in before if each not in after]),
    ):
        if ids:
            names = _enumerated(words, [wording.named(kind, each) for each in ids])
            told.append(wording.say(key, field=wording.label(change.field), names=names))
    return ", ".join(told) if told else _only_changed(wording, change.field)


# Fields with values that are written in a way of their own.
_WRITTEN: Final[Mapping[str, Callable[[ChangeWording, TwinChange], str]]] = {
    HEALTH: _health,
    PROGRESS: _progress,
    "dependencies": _listed,
    "residents": _listed,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class GoalNews:
    """What a briefing tells of a goal: what happened to it, its new status and target date.

    `status` and `target` are pairs of before and after, None where nothing changed in the end.
    """

    goal_id: str
    name: TwinName
    what: What | None = None
    status: tuple[str | None, str] | None = None
    target: tuple[str | None, str | None] | None = None


def goal_news(changes: Iterable[TwinChange]) -> list[GoalNews]:
    """Return what is worth telling of changes of goals (the latest first), by the code of the goal.

    Only what is different in the end is told: nothing of a goal that was added and deleted again.
    """
    by_goal: dict[str, list[TwinChange]] = {}
    for change in changes:
        if change.key.kind == "goal":
            by_goal.setdefault(change.key.twin_id, []).append(change)
    found = [_news(goal_id, of_goal) for goal_id, of_goal in by_goal.items()]
    told = [each for each in found if each.what or each.status or each.target]
    return sorted(told, key=lambda each: (each.name.short.casefold(), each.goal_id))


def _news(goal_id: str, changes: Sequence[TwinChange]) -> GoalNews:
    events = [each.what for each in changes if not each.field]
    latest, first = (events[0], events[-1]) if events else (None, None)
    name, nothing = changes[0].name, GoalNews(goal_id=goal_id, name=changes[0].name)
    if latest is What.REMOVED:
        return nothing if first is What.ADDED else GoalNews(goal_id=goal_id, name=name, what=latest)
    # What was deleted and brought back is there as before.
    event = first if first in (What.ADDED, What.RESTORED) else None
    statuses, target = _in_the_end(changes, STATUS), _in_the_end(changes, "target_date")
    status = (statuses[0], statuses[1]) if statuses and statuses[1] else None
    if event is What.ADDED:
        # A new goal has its status and its date; it is told if it was completed since.
        status = status if status and status[1] == GoalStatus.COMPLETED else None
        target = None
    return GoalNews(goal_id=goal_id, name=name, what=event, status=status, target=target)


def _in_the_end(changes: Sequence[TwinChange], field: str) -> tuple[str | None, str | None] | None:
    """Return what a field was and is, None where it is as before, or nobody knows."""
    of_field = [
        each for each in changes if each.field == field and each.exactness is not Exactness.UNKNOWN
    ]
    if not of_field or of_field[0].after == of_field[-1].before:
        return None
    before, after = of_field[-1].before, of_field[0].after
    # A line of the journal may have been changed by hand.
    if not isinstance(before, str | None) or not isinstance(after, str | None):
        return None
    return before, after


def news_texts(words: Wording, news: Sequence[GoalNews]) -> list[str]:
    """Return what a briefing tells of changes, in sentences: goals with the same news together."""
    told: list[str] = []
    for what in (What.ADDED, What.RESTORED, What.REMOVED):
        names = [words.name(each.name.name) for each in news if each.what is what]
        told += _together(words, f"news_{what.value}", names)
    completed = GoalStatus.COMPLETED.value
    names = [
        words.name(each.name.name) for each in news if each.status and each.status[1] == completed
    ]
    told += _together(words, "news_completed", names)
    for each in news:
        name = words.name(each.name.name)
        if each.status and each.status[1] != completed:
            told.append(words.say(f"news_{as_slug(each.status[1])}", goal=name))
        if each.target:
            told.append(_target_text(words, name, *each.target))
    return told


def _together(words: Wording, key: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    form = "one" if len(names) == 1 else "several"
    return [words.say(f"{key}_{form}", goals=_enumerated(words, names))]


def _enumerated(words: Wording, names: Sequence[str]) -> str:
    """Return the first names, and how many are left."""
    left = len(names) - MOST_NAMES
    if left <= 1:
        return words.listed(names)
    return words.listed([*names[:MOST_NAMES], words.counted("change.more", left)])


def _target_text(words: Wording, goal: str, before: str | None, after: str | None) -> str:
    days = [_day(words, each) if each else "" for each in (before, after)]
    key = "news_target" if before and after else "news_target_set" if after else "news_target_none"
    return words.say(key, goal=goal, before=days[0], after=days[1])
