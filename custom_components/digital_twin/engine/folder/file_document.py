"""Makes the document of a goal from its parsed files, and stores the documents of the last sync.

By the stored documents, changes in files and in records are told apart. They are written after the
records. If they are lost or older, both sides seem to have changed, and nothing is overwritten.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from ...twin.enums import ItemState, KeyResultKind
from ...twin.errors import TwinError, fault
from ...twin.goals.goal import GOAL, Goal
from ...twin.goals.key_result_parts import ChecklistItem, items_document
from ...twin.goals.key_results import MAX_KEY_RESULTS, key_result_document, parse_key_result
from ...twin.goals.plan import DEFINITION_OF_DONE, ROADMAP, Milestone, render_milestones
from ...twin.records.fields import Context
from ...twin.records.naming import match_keys
from ...twin.values import PlainJson
from ..core.files import StoredFile
from .checklists import CheckboxPlace, FoundItem
from .files import FolderFault, found, refused
from .goals import FileLine, ReadGoal

type GoalDocument = Mapping[str, PlainJson]
type CheckboxPlaces = Mapping[tuple[str, str], CheckboxPlace]

CHECKLIST_NAMES: Final = {ROADMAP: "Roadmap", DEFINITION_OF_DONE: "Definition of Done"}


@dataclass(frozen=True, slots=True)
class FileDocument:
    """The document of a goal's files.

    `document` has the form of a record's document, without owner and dependencies: to resolve
    these, all goals and persons must be known. `places` are the checkboxes by the key of the
    checklist and the id of the item, `rows` the table rows by the key of the key result.
    """

    document: dict[str, PlainJson]
    places: CheckboxPlaces
    rows: Mapping[str, FileLine]
    faults: tuple[FolderFault, ...]

    def where(self, path: str) -> FileLine | None:
        """Return the place of a part of a key result or an item."""
        match path.split("."):
            case [_field, checklist, "items", item, _part]:
                place = self.places.get((checklist, item))
                return FileLine(place.file, place.line) if place else None
            case [_field, key, _part]:
                return self.rows.get(key)
        return None


def read_document(goal: ReadGoal, before: GoalDocument, context: Context) -> FileDocument:
    """Make the document of a goal's files; values that a record refuses are faults.

    Items and key results keep the keys that they have in `before`, the document of the last sync.
    """
    faults: list[FolderFault] = []
    places: dict[tuple[str, str], CheckboxPlace] = {}
    known = keyed(before.get("progress_metrics"), "key")
    key_results: list[PlainJson] = []
    for key, items in goal.items.items():
        if items:
            names = _names(keyed(known.get(key, {}).get("items"), "id"))
            ids = match_keys([item.name for item in items], names, "item")
            places |= {(key, item_id): item.place for item_id, item in zip(ids, items, strict=True)}
            key_results.append(_checklist(key, items, ids, context.today))
    rows: dict[str, FileLine] = {}
    key_results += _table_results(goal, known, context, (rows, faults))
    document = _valid_fields(goal, context, faults)
    document |= _dates(goal, document, faults)
    document["milestones"] = render_milestones(_milestones(goal))
    document["progress_metrics"] = key_results
    return FileDocument(document, places, rows, tuple(faults))


def objects(document: GoalDocument, name: str) -> list[dict[str, PlainJson]]:
    """Return the objects of a list of a document."""
    elements = document.get(name)
    return [one for one in elements if isinstance(one, dict)] if isinstance(elements, list) else []


def keyed(elements: PlainJson, key: str) -> dict[str, dict[str, PlainJson]]:
    """Return the objects of a list of a document by the part that is their key."""
    if not isinstance(elements, list):
        return {}
    return {str(element[key]): element for element in elements if isinstance(element, dict)}


def _names(elements: Mapping[str, Mapping[str, PlainJson]]) -> dict[str, str]:
    return {key: str(element.get("name")) for key, element in elements.items()}


def _valid_fields(
    goal: ReadGoal, context: Context, faults: list[FolderFault]
) -> dict[str, PlainJson]:
    """Return the fields whose values a record accepts."""
    document: dict[str, PlainJson] = {}
    for name, value in goal.fields.items():
        field = GOAL.fields[name]
        try:
            document[name] = field.render(field.parse(value, context))
        except TwinError as error:
            faults += [refused(*goal.where(name), each) for each in error.within(name).faults]
    return document


def _dates(
    goal: ReadGoal, document: GoalDocument, faults: list[FolderFault]
) -> dict[str, PlainJson]:
    """Return start and target, where the front matter has none from the quarters."""
    start, target = (document.get(name) for name in ("start_date", "target_date"))
    if start and target and str(target) < str(start):
        reversed_ = fault("dates_reversed", "target_date", start=start, target=target)
        faults.append(refused(*goal.where("target_date"), reversed_))
        return {"start_date": None, "target_date": None}
    if not goal.stages:
        return {}
    first = min(stage.first for stage in goal.stages).isoformat()
    last = max(stage.last for stage in goal.stages).isoformat()
    dates: dict[str, PlainJson] = {}
    if "start_date" not in goal.fields and first <= str(target or last):
        dates["start_date"] = first
    if "target_date" not in goal.fields and last >= str(start or first):
        dates["target_date"] = last
    return dates


def _milestones(goal: ReadGoal) -> Iterator[Milestone]:
    """Yield a milestone at the end of each stage; its progress (%) is the share due by then."""
    roadmap = goal.items.get(ROADMAP, ())
    for stage in sorted(goal.stages, key=lambda stage: stage.last):
        due = sum(item.stage is not None and item.stage <= stage.last for item in roadmap)
        yield Milestone(
            key=stage.key,
            name=stage.name,
            date=stage.last,
            progress=round(100 * due / len(roadmap), 1) if roadmap else None,
        )


def _checklist(
    key: str, items: tuple[FoundItem, ...], ids: list[str], today: date
) -> dict[str, PlainJson]:
    """Make a checklist; an item is not done on a day to come: by that day it was due."""
    listed = tuple(
        ChecklistItem(
            id=item_id,
            name=item.name,
            state=item.state,
            due=item.due if not item.done or item.done <= today else item.done,
            done=item.done if item.done and item.done <= today else None,
        )
        for item_id, item in zip(ids, items, strict=True)
    )
    return {
        "key": key,
        "name": CHECKLIST_NAMES[key],
        "kind": KeyResultKind.CHECKLIST.value,
        "weight": 1.0,
        "items": items_document(listed),
    }


def _table_results(
    goal: ReadGoal,
    known: Mapping[str, Mapping[str, PlainJson]],
    context: Context,
    notes: tuple[dict[str, FileLine], list[FolderFault]],
) -> Iterator[PlainJson]:
    """Yield the valid key results of the tables; add to the places and the faults in `notes`."""
    rows, faults = notes
    results = goal.results[: MAX_KEY_RESULTS - len(CHECKLIST_NAMES)]
    faults += (
        found(result.file, result.line, "too_many_items", maximum=len(results))
        for result in goal.results[len(results) :][:1]
    )
    names = _names({key: one for key, one in known.items() if key not in CHECKLIST_NAMES})
    keys = match_keys([result.name for result in results], names, "key_result", CHECKLIST_NAMES)
    for key, result in zip(keys, results, strict=True):
        rows[key] = FileLine(result.file, result.line)
        raw = {"key": key, "name": result.name, **result.parts}
        try:
            yield key_result_document(parse_key_result(raw, now=context.now))
        except TwinError as error:
            faults += [refused(result.file, result.line, each) for each in error.faults]


VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class RememberedGoal:
    """The source of a goal, its id in the front matter, and its document of the last sync."""

    source: str
    doc_id: str | None
    before: GoalDocument


class Memory:
    """The goals that came from the folder, by goal id."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store = StoredFile(hass, "vault")
        self.goals: dict[str, RememberedGoal] = {}

    async def async_load(self) -> None:
        """Read the file; invalid entries are dropped."""
        data = await self._store.async_load()
        goals = data.get("goals") if isinstance(data, dict) else None
        for goal_id, item in goals.items() if isinstance(goals, dict) else ():
            match item:
                case {"source": str(source), "doc_id": str() | None as doc_id, "said": dict(said)}:
                    self.goals[goal_id] = RememberedGoal(source, doc_id, said)

    async def async_update(
        self, changed: dict[str, RememberedGoal], obsolete: Iterable[str] = ()
    ) -> None:
        """Replace the entries of some goals and drop others; on disk when it returns."""
        goals = self.goals | changed
        for goal_id in obsolete:
            goals.pop(goal_id, None)
        if goals == self.goals:
            return
        self.goals = goals
        await self._store.async_save(
            {
                "goals": {
                    goal_id: {"source": item.source, "doc_id": item.doc_id, "said": item.before}
                    for goal_id, item in goals.items()
                }
            }
        )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()


class CheckboxChange(NamedTuple):
    """A checklist item (by the keys of both), its checkbox, and the new state."""

    checklist: str
    item: str
    place: CheckboxPlace
    state: ItemState


def find_checkbox_change(
    places: CheckboxPlaces, before: Goal, after: Goal
) -> CheckboxChange | None:
    """Return the first item that has a checkbox and differs in state between two revisions."""
    states = _states(before)
    for key, state in _states(after).items():
        if key in places and states.get(key) is not state:
            return CheckboxChange(*key, places[key], state)
    return None


def with_changed_checkbox(remembered: RememberedGoal, tick: CheckboxChange) -> RememberedGoal:
    """Return the memory of a goal after the change of a checkbox in its file."""
    key_results: list[PlainJson] = []
    for one in objects(remembered.before, "progress_metrics"):
        items = [_with_state(item, tick) for item in objects(one, "items")]
        key_results.append({**one, "items": items} if one["key"] == tick.checklist else one)
    return replace(remembered, before={**remembered.before, "progress_metrics": key_results})


def _with_state(item: dict[str, PlainJson], tick: CheckboxChange) -> PlainJson:
    return {**item, "state": tick.state.value} if item["id"] == tick.item else item


def _states(goal: Goal) -> Mapping[tuple[str, str], ItemState]:
    return {
        (key_result.key, item.id): item.state
        for key_result in goal.progress_metrics
        for item in key_result.items
    }
