"""Derives the changes of a sync, in a worker thread."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
import re
from uuid import uuid4

from ...twin.goals.goal import GOAL, Goal
from ...twin.metrics.person import Person
from ...twin.records.fields import Context
from ...twin.records.revisions import encode
from ...twin.values import PlainJson
from .file_document import FileDocument, GoalDocument, RememberedGoal, read_document
from .files import FolderFault, found
from .goals import FileLine, ReadGoal
from .markdown import folded
from .merge import DEFAULTS, Conflict, merge
from .reading import FolderReading


@dataclass(frozen=True, slots=True)
class Identified:
    """A goal of the files with the id of its record, which may not exist yet."""

    read: ReadGoal
    goal_id: str
    remembered: RememberedGoal | None


@dataclass(frozen=True, slots=True)
class Identities:
    """The goals of the files with their ids, those that were deleted, and the duplicates."""

    goals: tuple[Identified, ...]
    deleted: tuple[ReadGoal, ...]
    faults: tuple[FolderFault, ...]


def identify(
    reading: FolderReading, memory: Mapping[str, RememberedGoal], goals: Mapping[str, Goal]
) -> Identities:
    """Match the goals of the files with the records.

    A goal is matched by its `goal_id` in the front matter, else by its folder or file, else by its
    code. If all of these changed, it is the only record of the same name whose files are gone,
    else a new goal. A goal whose record was deleted is not created again.
    """
    known_sources = {item.source for item in memory.values()}
    kept, faults = without_duplicates(reading.goals, known_sources)
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
    """Find the only goal without files that has the name of an unmatched goal of the files."""
    name = _name_of(read)
    named = [key for key in lost if goals[key].name.casefold() == name]
    alike = [other for other in strangers if _name_of(other) == name]
    return named[0] if len(named) == len(alike) == 1 else None


def _name_of(read: ReadGoal) -> str:
    return str(read.fields.get("name", "")).casefold()


def without_duplicates(
    reads: Iterable[ReadGoal], known_sources: Container[str] = ()
) -> tuple[list[ReadGoal], list[FolderFault]]:
    """Keep one goal of each code: that of a known source, else the first."""
    kept: dict[str, ReadGoal] = {}
    faults: list[FolderFault] = []
    for read in sorted(reads, key=lambda read: read.source not in known_sources):
        first = kept.setdefault(read.code.casefold(), read)
        if first is not read:
            where = read.where("goal_code")
            faults.append(found(*where, "duplicate_code", value=read.code, other=first.source))
    return list(kept.values()), faults


class OwnerNames:
    """Finds persons by their whole name or their first name, with or without diacritics."""

    def __init__(self, persons: Mapping[str, Person]) -> None:
        self._named: dict[str, set[str]] = {}
        for key, person in persons.items():
            self._named.setdefault(folded(person.name), set()).add(key)
        self._first: dict[str, set[str]] = {}
        for whole, keys in self._named.items():
            self._first.setdefault(whole.partition(" ")[0], set()).update(keys)

    def find(self, written: str, where: FileLine, names: Collection[str] = ()) -> str | FolderFault:
        """Return the id of the person whom one of the names means, or the fault in it."""
        ambiguous = False
        for name in map(folded, names or (written,)):
            keys = self._named.get(name) or self._first.get(name) or set()
            if len(keys) == 1:
                return next(iter(keys))
            ambiguous = ambiguous or bool(keys)
        key = "ambiguous_owner" if ambiguous else "unknown_owner"
        return found(*where, key, value=written)


class GoalCodes:
    """Finds goals by their codes; goals of the files take precedence over others."""

    def __init__(self, identities: Identities, goals: Mapping[str, Goal]) -> None:
        self._ids = {goal.goal_code.casefold(): key for key, goal in goals.items()}
        self._ids |= {each.read.code.casefold(): each.goal_id for each in identities.goals}
        self._silent = {read.code.casefold() for read in identities.deleted}
        self._prefixes = {_prefix(code) for code in self._ids}

    def dependencies(self, read: ReadGoal) -> Iterator[str | FolderFault]:
        """Yield the ids of the goals that a goal depends on, and the faults of unknown codes.

        A code with another prefix than all goals (`S06` beside `G01`) is taken for no code.
        """
        for mention in read.mentions:
            code = mention.code.casefold()
            if goal_id := self._ids.get(code):
                yield goal_id
            elif (
                not mention.implied and code not in self._silent and _prefix(code) in self._prefixes
            ):
                yield found(*mention.where, "unknown_dependency", value=mention.code)


def _prefix(code: str) -> str:
    return re.sub(r"[^a-z].*", "", code)


# Fields that are unreliable while only a part of the files can be read.
UNRELIABLE = ("goal_code", "name", "description", "roadmap_link")


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """The change that a sync makes to one goal.

    `record` is the goal that the patch is for, None for a new goal whose document is the patch.
    `before` is the document of the files at the last sync, `after` the one to remember.
    """

    read: ReadGoal
    files: FileDocument
    goal_id: str
    record: Goal | None
    before: GoalDocument
    after: GoalDocument
    patch: GoalDocument
    faults: tuple[FolderFault, ...]
    conflicts: tuple[FolderFault, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncInput:
    """The state of the twins and of the memory when a sync begins."""

    goals: Mapping[str, Goal]
    persons: Mapping[str, Person]
    memory: Mapping[str, RememberedGoal]
    context: Context


@dataclass(frozen=True, kw_only=True, slots=True)
class Intents:
    """The intents for all goals, and the parts of the report that are known before them."""

    goals: tuple[Intent, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    obsolete: tuple[str, ...]
    faults: tuple[FolderFault, ...]


def reconcile(reading: FolderReading, state: SyncInput) -> Intents:
    """Make the intents for everything that was read."""
    identities = identify(reading, state.memory, state.goals)
    owners, codes = OwnerNames(state.persons), GoalCodes(identities, state.goals)
    found_ids = {each.goal_id for each in identities.goals}
    return Intents(
        goals=tuple(_intent(each, owners, codes, state) for each in identities.goals),
        missing=tuple(
            sorted(
                state.goals[key].goal_code
                for key, item in state.memory.items()
                if key in state.goals and key not in found_ids and item.source not in reading.unread
            )
        ),
        left_out=tuple(sorted(read.code for read in identities.deleted)),
        obsolete=tuple(_obsolete(reading, state)),
        faults=(*reading.faults, *identities.faults),
    )


def _obsolete(reading: FolderReading, state: SyncInput) -> Iterator[str]:
    """Yield the ids in the memory that have neither a record nor files any more.

    A deleted goal whose files still exist is kept in the memory, or they would create it again. An
    empty folder may be the mount point of a drive that is not mounted.
    """
    if not reading.goals:
        return
    sources = {read.source for read in reading.goals} | reading.unread
    doc_ids = {read.doc_id for read in reading.goals} - {None}
    for goal_id, item in state.memory.items():
        in_folder = item.source in sources or item.doc_id in doc_ids
        if goal_id not in state.goals and not in_folder:
            yield goal_id


def with_record(intent: Intent, record: Goal, persons: Mapping[str, Person]) -> Intent:
    """Merge the files of an intent into a record."""
    read, files = intent.read, intent.files
    document = {
        name: value
        for name, value in files.document.items()
        if not (read.partial and name in UNRELIABLE)
    }
    merged = merge(intent.before, document, encode(GOAL, record), partial=read.partial)
    return replace(
        intent,
        record=record,
        after=merged.before,
        patch=merged.patch,
        conflicts=tuple(_conflicts(read, files, merged.conflicts, persons)),
    )


def _intent(each: Identified, owners: OwnerNames, codes: GoalCodes, state: SyncInput) -> Intent:
    before = each.remembered.before if each.remembered else DEFAULTS
    files = read_document(each.read, before, state.context)
    faults = (*files.faults, *_add_references(files.document, each, owners, codes))
    intent = Intent(
        read=each.read,
        files=files,
        goal_id=each.goal_id,
        record=None,
        before=before,
        after={**DEFAULTS, **files.document},
        patch=files.document,
        faults=faults,
    )
    record = state.goals.get(each.goal_id)
    return intent if record is None else with_record(intent, record, state.persons)


def _add_references(
    document: dict[str, PlainJson], each: Identified, owners: OwnerNames, codes: GoalCodes
) -> list[FolderFault]:
    """Add the owner and the dependencies to the document; return the faults in them."""
    faults: list[FolderFault] = []
    if each.read.owner:
        owner = owners.find(*each.read.owner, each.read.owner_names)
        if isinstance(owner, str):
            document["owner_person_id"] = owner
        else:
            faults.append(owner)
    dependencies = list(codes.dependencies(each.read))
    document["dependencies"] = [
        key for key in dependencies if isinstance(key, str) and key != each.goal_id
    ]
    return faults + [fault for fault in dependencies if isinstance(fault, FolderFault)]


def _conflicts(
    read: ReadGoal,
    files: FileDocument,
    conflicts: Iterable[Conflict],
    persons: Mapping[str, Person],
) -> list[FolderFault]:
    return [
        found(
            *(files.where(conflict.path) or read.where(conflict.field)),
            "conflict",
            field=conflict.path,
            file_says=_as_text(conflict.file_says, persons),
            here=_as_text(conflict.here, persons),
        )
        for conflict in conflicts
    ]


def _as_text(value: PlainJson, persons: Mapping[str, Person]) -> str:
    if isinstance(value, str) and value in persons:
        return persons[value].name
    return "-" if value is None else str(value)
