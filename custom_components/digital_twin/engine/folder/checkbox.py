"""Ticks: the items of checklists that change their state in Home Assistant and in their files."""

from collections.abc import Mapping
from dataclasses import replace
import os
from pathlib import Path
import stat
from typing import Final, NamedTuple

from ...twin.enums import ItemState
from ...twin.errors import refuse
from ...twin.goals.goal import Goal
from ...twin.values import PlainJson
from .checklists import CheckboxPlace
from .file_document import CheckboxPlaces, objects
from .files import MAX_BYTES, digest_of
from .markdown import MARKS
from .memory import RememberedGoal


class CheckboxChange(NamedTuple):
    """An item of a checklist, where it stands, and the state that it is to have."""

    checklist: str
    item: str
    place: CheckboxPlace
    state: ItemState


def find_checkbox_change(
    places: CheckboxPlaces, before: Goal, after: Goal
) -> CheckboxChange | None:
    """Return the item that changes its state between two revisions, if a file has it."""
    states = _states(before)
    for key, state in _states(after).items():
        if key in places and states.get(key) is not state:
            return CheckboxChange(*key, places[key], state)
    return None


def with_changed_checkbox(remembered: RememberedGoal, tick: CheckboxChange) -> RememberedGoal:
    """Return what the files of a goal say once an item is ticked there."""
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


MARKS_OF_STATES: Final = {ItemState.TODO: b" ", ItemState.DOING: b"/", ItemState.DONE: b"x"}


def write_checkbox(root: Path, place: CheckboxPlace, digest: bytes, state: ItemState) -> bytes:
    """Set the checkbox at a place to a state, and return the new digest of its file.

    Exactly one byte is written, in place: either the old or the new one is on disk, whatever
    happens, and owner, permissions, links and line ends stay as they are. A file put in its
    place instead would undo what somebody else writes in the same moment; one byte undoes
    nothing. It is written only while the file is the one with the given digest.

    Raises `TwinError`: `file_changed` for any other file, for one that was replaced in the same
    moment, and for one whose brackets are not where they were; `file_not_writable`;
    `checkbox_not_writable` where the mark is no single byte.
    """
    if place.offset is None:
        raise refuse("checkbox_not_writable", "item", file=place.file, line=place.line)
    try:
        path = (root / place.file).resolve(strict=True)
        if not path.is_relative_to(root):
            raise refuse("file_changed", "item", file=place.file)
        return _written(path, place.file, place.offset, (digest, state))
    except OSError as error:
        raise refuse(
            "file_not_writable", "item", file=place.file, reason=error.strerror or "?"
        ) from error


def _written(path: Path, file: str, at: int, wanted: tuple[bytes, ItemState]) -> bytes:
    digest, state = wanted
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "r+b", buffering=0) as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise refuse("file_changed", "item", file=file)
        raw = bytearray(opened.read(MAX_BYTES + 1) or b"")
        if digest_of(bytes(raw)) != digest or not _is_mark(raw, at):
            raise refuse("file_changed", "item", file=file)
        if MARKS.get(chr(raw[at]), ItemState.TODO) is not state:
            raw[at : at + 1] = MARKS_OF_STATES[state]
            os.pwrite(descriptor, MARKS_OF_STATES[state], at)
            os.fsync(descriptor)
        # Editors put a new file in the place of the old one, which then nobody reads any more.
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise refuse("file_changed", "item", file=file)
    return digest_of(bytes(raw))


def _is_mark(raw: bytearray, at: int) -> bool:
    return raw[at - 1 : at] == b"[" and raw[at + 1 : at + 2] == b"]"
