"""What a sync is to do, worked out in a worker thread from what was read and what is known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...twin.goals.goal import GOAL, Goal
from ...twin.people.person import Person
from ...twin.records.fields import Context
from ...twin.records.revisions import encode
from ...twin.values import PlainJson
from .faults import FolderFault, found
from .file_document import Document, Said, said_by
from .goals import ReadGoal
from .identity import Codes, Identified, People, identify
from .memory import Remembered
from .merge import DEFAULTS, Conflict, merge
from .reading import Reading

# What a goal of which only a part could be read does not say for certain.
MAKESHIFT = ("goal_code", "name", "description", "roadmap_link")


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What is to happen to one goal.

    `record` is the goal that the patch was made for, None for a new one whose document the patch
    is. `before` is what the files said last time, `after` what to remember as said by them.
    """

    read: ReadGoal
    said: Said
    goal_id: str
    record: Goal | None
    before: Document
    after: Document
    patch: Document
    faults: tuple[FolderFault, ...]
    conflicts: tuple[FolderFault, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What is known when a sync begins."""

    goals: Mapping[str, Goal]
    persons: Mapping[str, Person]
    memory: Mapping[str, Remembered]
    context: Context


@dataclass(frozen=True, kw_only=True, slots=True)
class Intents:
    """What a sync is to do with all goals, and what it can already tell."""

    goals: tuple[Intent, ...]
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    obsolete: tuple[str, ...]
    faults: tuple[FolderFault, ...]


def reconcile(reading: Reading, world: World) -> Intents:
    """Work out what to do about everything that was read."""
    identities = identify(reading, world.memory, world.goals)
    people, codes = People(world.persons), Codes(identities, world.goals)
    found_ids = {each.goal_id for each in identities.goals}
    return Intents(
        goals=tuple(_intent(each, people, codes, world) for each in identities.goals),
        missing=tuple(
            sorted(
                world.goals[key].goal_code
                for key, item in world.memory.items()
                if key in world.goals and key not in found_ids and item.source not in reading.unread
            )
        ),
        left_out=tuple(sorted(read.code for read in identities.deleted)),
        obsolete=tuple(_obsolete(reading, world)),
        faults=(*reading.faults, *identities.faults),
    )


def _obsolete(reading: Reading, world: World) -> Iterator[str]:
    """Yield the ids of remembered goals that are neither twins nor in the folder any more.

    A deleted goal whose files are still there stays remembered, else they would create it again.
    An empty folder may be the mount point of a drive that is away.
    """
    if not reading.goals:
        return
    sources = {read.source for read in reading.goals} | reading.unread
    doc_ids = {read.doc_id for read in reading.goals} - {None}
    for goal_id, item in world.memory.items():
        in_folder = item.source in sources or item.doc_id in doc_ids
        if goal_id not in world.goals and not in_folder:
            yield goal_id


def renewed(intent: Intent, record: Goal, persons: Mapping[str, Person]) -> Intent:
    """Work out what to do with a goal as it is in Home Assistant now."""
    read, said = intent.read, intent.said
    wanted = {
        name: value
        for name, value in said.document.items()
        if not (read.partial and name in MAKESHIFT)
    }
    merged = merge(intent.before, wanted, encode(GOAL, record), partial=read.partial)
    return replace(
        intent,
        record=record,
        after=merged.before,
        patch=merged.patch,
        conflicts=tuple(_conflicts(read, said, merged.conflicts, persons)),
    )


def _intent(each: Identified, people: People, codes: Codes, world: World) -> Intent:
    before = each.remembered.before if each.remembered else DEFAULTS
    said = said_by(each.read, before, world.context)
    faults = (*said.faults, *_say_others(said.document, each, people, codes))
    intent = Intent(
        read=each.read,
        said=said,
        goal_id=each.goal_id,
        record=None,
        before=before,
        after={**DEFAULTS, **said.document},
        patch=said.document,
        faults=faults,
    )
    record = world.goals.get(each.goal_id)
    return intent if record is None else renewed(intent, record, world.persons)


def _say_others(
    document: dict[str, PlainJson], each: Identified, people: People, codes: Codes
) -> list[FolderFault]:
    """Add the owner and the dependencies to what the files say."""
    faults: list[FolderFault] = []
    if each.read.owner:
        owner = people.find(*each.read.owner)
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
    read: ReadGoal, said: Said, conflicts: Iterable[Conflict], persons: Mapping[str, Person]
) -> list[FolderFault]:
    return [
        found(
            *(said.where(conflict.path) or read.where(conflict.field)),
            "conflict",
            field=conflict.path,
            file_says=_shown(conflict.file_says, persons),
            here=_shown(conflict.here, persons),
        )
        for conflict in conflicts
    ]


def _shown(value: PlainJson, persons: Mapping[str, Person]) -> str:
    if isinstance(value, str) and value in persons:
        return persons[value].name
    return "-" if value is None else str(value)
