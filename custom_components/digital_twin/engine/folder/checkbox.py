"""Writes the state of a checklist item into the checkbox of its file."""

from collections.abc import Mapping
from dataclasses import replace
import os
from pathlib import Path
import stat
from typing import NamedTuple

from ...twin.enums import ItemState
from ...twin.errors import refuse
from ...twin.goals.goal import Goal
from ...twin.values import PlainJson
from .checklists import CheckboxPlace
from .file_document import CheckboxPlaces, RememberedGoal, objects
from .files import MAX_BYTES, digest_of


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


def write_checkbox(root: Path, place: CheckboxPlace, digest: bytes, state: ItemState) -> bytes:
    """Set a checkbox to a state, and return the new digest of its file.

    One byte is written in place, so a crash leaves either the old or the new one; owner,
    permissions, links and line ends stay, and so does what another program writes at the same
    time. (Replacing the whole file would undo that.)

    Raises `TwinError` at `item`: `file_changed` if the file no longer has the given digest, was
    replaced meanwhile, or has no brackets at the place; `file_not_writable`;
    `checkbox_not_writable` if the mark is not a single byte.
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
        if ItemState.of_mark(chr(raw[at])) is not state:
            mark = state.mark.encode()
            raw[at : at + 1] = mark
            os.pwrite(descriptor, mark, at)
            os.fsync(descriptor)
        # An editor may have replaced the file: then the old one was written, which is lost.
        if not os.path.samestat(os.fstat(descriptor), path.stat()):
            raise refuse("file_changed", "item", file=file)
    return digest_of(bytes(raw))


def _is_mark(raw: bytearray, at: int) -> bool:
    return raw[at - 1 : at] == b"[" and raw[at + 1 : at + 2] == b"]"
