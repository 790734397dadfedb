"""Which goal, person or dependency the files mean."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
import re
from uuid import uuid4

from ...twin.goals.goal import Goal
from ...twin.people.person import Person
from .faults import FolderFault, found
from .goals import ReadGoal, Where
from .memory import Remembered
from .reading import Reading


@dataclass(frozen=True, slots=True)
class Identified:
    """A goal of the files with the id of its twin, which may still have to be created."""

    read: ReadGoal
    goal_id: str
    remembered: Remembered | None


@dataclass(frozen=True, slots=True)
class Identities:
    """The goals of the files by their ids, those that a person deleted, and what is in doubt."""

    goals: tuple[Identified, ...]
    deleted: tuple[ReadGoal, ...]
    faults: tuple[FolderFault, ...]


def identify(
    reading: Reading, memory: Mapping[str, Remembered], goals: Mapping[str, Goal]
) -> Identities:
    """Tell which twin each goal of the files is.

    It is the one that came from the same document (`goal_id` in the front matter), else from the
    same folder or file, else the one with the same code. When all of that was changed at once, it
    is the only one of the same name that is no longer in the folder, else a new one. A twin that
    came from there and was deleted since is not created again.
    """
    known_sources = {item.source for item in memory.values()}
    kept, faults = _without_duplicates(reading.goals, known_sources)
    doc_ids = Counter(read.doc_id for read in kept)
    by_doc = {item.doc_id: key for key, item in memory.items() if item.doc_id}
    by_source = {item.source: key for key, item in memory.items()}
    by_code = {goal.goal_code.casefold(): key for key, goal in goals.items()}
    identified: list[Identified] = []
    deleted: list[ReadGoal] = []
    strangers: list[ReadGoal] = []
    taken: set[str] = set()
    for read in kept:
        known = by_doc.get(read.doc_id or "") if doc_ids[read.doc_id] == 1 else None
        candidates = (known or by_source.get(read.source), by_code.get(read.code.casefold()))
        goal_id = next((key for key in candidates if key in goals and key not in taken), None)
        if goal_id is None and candidates[0] is not None and candidates[0] not in taken:
            deleted.append(read)
            continue
        if goal_id is None:
            strangers.append(read)
            continue
        taken.add(goal_id)
        identified.append(Identified(read, goal_id, memory.get(goal_id)))
    lost = [
        key
        for key, item in memory.items()
        if key in goals and key not in taken and item.source not in reading.unread
    ]
    for read in strangers:
        goal_id = _renamed(read, strangers, lost, goals) or str(uuid4())
        identified.append(Identified(read, goal_id, memory.get(goal_id)))
    return Identities(tuple(identified), tuple(deleted), tuple(faults))


def _renamed(
    read: ReadGoal, strangers: Iterable[ReadGoal], lost: Iterable[str], goals: Mapping[str, Goal]
) -> str | None:
    """Find the goal that lost its files and has the name of one that nobody knows yet."""
    name = _name_of(read)
    named = [key for key in lost if goals[key].name.casefold() == name]
    alike = [other for other in strangers if _name_of(other) == name]
    return named[0] if len(named) == len(alike) == 1 else None


def _name_of(read: ReadGoal) -> str:
    return str(read.fields.get("name", "")).casefold()


def _without_duplicates(
    reads: Iterable[ReadGoal], known_sources: Container[str]
) -> tuple[list[ReadGoal], list[FolderFault]]:
    """Keep one goal of each code: the one that was there before any copy, else the first."""
    kept: dict[str, ReadGoal] = {}
    faults: list[FolderFault] = []
    for read in sorted(reads, key=lambda read: read.source not in known_sources):
        first = kept.setdefault(read.code.casefold(), read)
        if first is not read:
            where = read.where("goal_code")
            faults.append(found(*where, "duplicate_code", value=read.code, other=first.source))
    return list(kept.values()), faults


class People:
    """The persons of the household by the names that people write."""

    def __init__(self, persons: Mapping[str, Person]) -> None:
        """Index the persons by their whole and their first names."""
        self._named: dict[str, set[str]] = {}
        for key, person in persons.items():
            whole = " ".join(person.name.split()).casefold()
            self._named.setdefault(whole, set()).add(key)
        self._first: dict[str, set[str]] = {}
        for whole, keys in self._named.items():
            self._first.setdefault(whole.partition(" ")[0], set()).update(keys)

    def find(self, name: str, where: Where) -> str | FolderFault:
        """Return the id of the person with a name, or what is wrong with it."""
        wanted = " ".join(name.split()).casefold()
        keys = self._named.get(wanted) or self._first.get(wanted) or set()
        if len(keys) == 1:
            return next(iter(keys))
        key = "ambiguous_owner" if keys else "unknown_owner"
        return found(*where, key, value=name)


class Codes:
    """The goals that the files may name by their codes."""

    def __init__(self, identities: Identities, goals: Mapping[str, Goal]) -> None:
        """Index all goals; those of the files go before others with the same code."""
        self._ids = {goal.goal_code.casefold(): key for key, goal in goals.items()}
        self._ids |= {each.read.code.casefold(): each.goal_id for each in identities.goals}
        self._silent = {read.code.casefold() for read in identities.deleted}
        self._prefixes = {_prefix(code) for code in self._ids}

    def dependencies(self, read: ReadGoal) -> Iterator[str | FolderFault]:
        """Yield the ids of the goals that a goal depends on, and the codes that nobody has.

        A code that begins unlike every goal's (`S06` among `G01` and `G02`) names no goal.
        """
        for mention in read.mentions:
            code = mention.code.casefold()
            if goal_id := self._ids.get(code):
                yield goal_id
            elif code not in self._silent and _prefix(code) in self._prefixes:
                yield found(*mention.where, "unknown_dependency", value=mention.code)


def _prefix(code: str) -> str:
    return re.sub(r"[^a-z].*", "", code)
