"""Differences between two revisions of a JSON document, which can be applied in both directions.

A delta is a list of steps `{"p": path, "b": before, "a": after}`. The path names members of objects
and positions in lists. Where it ends in a member, `b` and `a` are its values, and a missing `b` or
`a` is a member that is not there. Where it ends in a position, `b` and `a` are runs of items that
begin there. An empty path is the document itself. A list has at most one run, so that positions
mean the same in every step.
"""

from typing import Any, Final

from ..values import same_json

type Step = dict[str, Any]
type Delta = list[Step]

_MISSING: Final = object()
_BEFORE: Final = "b"
_AFTER: Final = "a"


class DeltaError(ValueError):
    """A delta does not fit the document that it is applied to."""


def difference(before: object, after: object) -> Delta:
    """Return the steps from one JSON value to another; `None` is JSON's null.

    Numbers are compared by value (1 is 1.0), but true is not 1.
    """
    steps: Delta = []
    _collect(steps, [], before, after)
    return steps


def created(after: object) -> Delta:
    """Return the delta of a document that was not there before."""
    return [_step([], _MISSING, after)]


def removed(before: object) -> Delta:
    """Return the delta of a document that is not there any more."""
    return [_step([], before, _MISSING)]


def applied(document: object, delta: Delta) -> Any:  # noqa: ANN401  # any JSON value
    """Return the document after the delta; None where that is no document any more.

    The document itself is not changed. Raises `DeltaError` where a path leads nowhere.
    """
    return _moved(document, delta, _BEFORE, _AFTER)


def reverted(document: object, delta: Delta) -> Any:  # noqa: ANN401  # any JSON value
    """Return the document before the delta; see `applied`."""
    return _moved(document, delta[::-1], _AFTER, _BEFORE)


def _step(path: list[str | int], before: object, after: object) -> Step:
    step: Step = {"p": path}
    if before is not _MISSING:
        step[_BEFORE] = before
    if after is not _MISSING:
        step[_AFTER] = after
    return step


def _collect(steps: Delta, path: list[str | int], before: object, after: object) -> None:
    """Append the steps from one value to another below a path."""
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() == after.keys():
            for key, old in before.items():
                if old is not (new := after[key]):
                    _collect(steps, [*path, key], old, new)
            return
        for key in {**before, **after}:
            old, new = before.get(key, _MISSING), after.get(key, _MISSING)
            if old is not new:
                _collect(steps, [*path, key], old, new)
    elif isinstance(before, list) and isinstance(after, list):
        _collect_items(steps, path, before, after)
    elif not same_json(before, after):
        steps.append(_step(path, before, after))


def _collect_items(
    steps: Delta, path: list[str | int], before: list[object], after: list[object]
) -> None:
    if len(before) == len(after):
        pairs = [
            (position, old, new)
            for position, (old, new) in enumerate(zip(before, after, strict=True))
            if old is not new
        ]
        if all(_are_containers(old, new) for _, old, new in pairs):
            for position, old, new in pairs:
                _collect(steps, [*path, position], old, new)
            return
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and same_json(before[start], after[start]):
        start += 1
    end = 0
    while end < shorter - start and same_json(before[-1 - end], after[-1 - end]):
        end += 1
    old_run, new_run = before[start : len(before) - end], after[start : len(after) - end]
    if old_run or new_run:
        steps.append(_step([*path, start], old_run, new_run))


def _are_containers(one: object, other: object) -> bool:
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (dict, list))


def _moved(document: object, delta: Delta, leaving: str, entering: str) -> object:
    moved = document
    for step in delta:
        path = step.get("p")
        if not isinstance(path, list):
            raise DeltaError("a step has no path")
        old, new = step.get(leaving, _MISSING), step.get(entering, _MISSING)
        moved = _replaced(moved, path, old, new) if path else (None if new is _MISSING else new)
    return moved


def _replaced(node: object, path: list[str | int], old: object, new: object) -> object:
    """Copy the containers along the path, so that the given document is not changed."""
    key, rest = path[0], path[1:]
    if isinstance(node, dict) and isinstance(key, str):
        members = dict(node)
        if rest:
            members[key] = _replaced(members.get(key), rest, old, new)
        elif new is _MISSING:
            members.pop(key, None)
        else:
            members[key] = new
        return members
    if isinstance(node, list) and isinstance(key, int) and 0 <= key <= len(node):
        items = list(node)
        if rest and key < len(items):
            items[key] = _replaced(items[key], rest, old, new)
            return items
        if not rest and isinstance(old, list) and isinstance(new, list):
            items[key : key + len(old)] = new
            return items
    raise DeltaError("a path leads nowhere")
