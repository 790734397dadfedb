"""Creating, changing, writing and reading records by the table of their fields, and differences.

A difference (delta) of two revisions of a JSON document can be applied in both directions. It is a
list of steps `{"p": path, "b": before, "a": after}`. The path names members of objects and
positions in lists. Where it ends in a member, `b` and `a` are its values, and a missing `b` or `a`
is a member that is not there. Where it ends in a position, `b` and `a` are runs of items that begin
there. An empty path is the document itself. A list has at most one run, so that positions mean the
same in every step.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Final

from ..errors import Fault, TwinError, fault, without_values
from ..values import NO_JSON, PlainJson, freeze_object, same_json
from .fields import Context, Field, Kind, Record


def create[R: Record](
    kind: Kind[R], document: Mapping[str, object], context: Context, twin_id: str
) -> R:
    """Make the first revision of a twin from input.

    Raises `TwinError` with every fault: unknown and read-only fields, missing ones, bad values.
    """
    faults = _unwritable(kind, document)
    values: dict[str, object] = {kind.id_field: twin_id, "revision": 1, "last_updated": context.now}
    for name, entry in kind.fields.items():
        if name not in values:
            given = {} if entry.read_only else document
            faults += _read_into(values, entry, given, context)
    return _checked(kind, values, faults, frozenset(document))


def change[R: Record](kind: Kind[R], record: R, patch: Mapping[str, object], context: Context) -> R:
    """Apply a JSON merge patch (RFC 7396) and return the next revision.

    Absent fields keep their value, null clears. A patch that changes nothing returns the very
    same record. Raises `TwinError` with every fault, as `create` does.
    """
    patch = kind.complete(record, patch)
    faults = _unwritable(kind, patch)
    values: dict[str, object] = {}
    for name, value in patch.items():
        entry = kind.fields.get(name)
        if entry is None or entry.read_only:
            continue
        if value is None:
            values[name] = entry.default_in(context)
            if entry.required:
                faults.append(fault("required_field", name))
        else:
            faults += _parse_into(values, entry, _merged(entry, record, value), context)
    changed = {
        name: value
        for name, value in values.items()
        if not _same(kind.fields[name], value, getattr(record, name))
    }
    if not changed and not faults:
        return record
    present = {name: getattr(record, name) for name in kind.fields}
    advanced = {"revision": record.revision + 1, "last_updated": context.now}
    return _checked(kind, {**present, **changed, **advanced}, faults, frozenset(patch))


def encode[R: Record](kind: Kind[R], record: R) -> dict[str, PlainJson]:
    """Write a record as its stored document, every field in the order of the data model."""
    return {name: _written(entry, getattr(record, name)) for name, entry in kind.fields.items()}


def decode[R: Record](kind: Kind[R], document: Mapping[str, object], context: Context) -> R:
    """Read a stored document; fields that are absent take their default, unknown ones are left.

    Raises `TwinError` with every fault.
    """
    values: dict[str, object] = {}
    faults: list[Fault] = []
    for entry in kind.fields.values():
        faults += _read_into(values, entry, document, context)
    if faults:
        raise TwinError(*faults)
    return kind.record(**values)


def changed_fields[R: Record](kind: Kind[R], old: R, new: R) -> list[str]:
    """Name the fields in which two revisions differ."""
    return [
        name
        for name, entry in kind.fields.items()
        if (one := getattr(old, name)) is not (other := getattr(new, name))
        # Rendering is slow; it only tells values apart that are equal in Python, as 1 and true.
        and (one != other or not _same(entry, one, other))
    ]


def touch[R: Record](record: R, context: Context, **values: object) -> R:
    """Return the next revision of a record with values that are known to be right."""
    return replace(
        record,  # type: ignore[type-var]  # every record is a frozen dataclass
        revision=record.revision + 1,
        last_updated=context.now,
        **values,
    )


def _written(entry: Field, value: object) -> PlainJson:
    return None if value is None else entry.render(value)


def _same(entry: Field, one: object, other: object) -> bool:
    """Return whether two values of a field are the same in documents."""
    return one is other or same_json(_written(entry, one), _written(entry, other))


def _unwritable[R: Record](kind: Kind[R], document: Mapping[str, object]) -> list[Fault]:
    faults = []
    for name in document:
        entry = kind.fields.get(name)
        if name in kind.derived or (entry and entry.read_only):
            faults.append(fault("read_only_field", name))
        elif entry is None:
            faults.append(fault("unknown_field", str(name), allowed=kind.writable))
    return faults


def _read_into(
    values: dict[str, object], entry: Field, document: Mapping[str, object], context: Context
) -> list[Fault]:
    """Read a field of a whole document, where null means absent unless the field is required."""
    value = document.get(entry.name)
    if value is not None:
        return _parse_into(values, entry, value, context)
    values[entry.name] = entry.default_in(context)
    if entry.required and (values[entry.name] is None or entry.name in document):
        return [fault("required_field", entry.name)]
    return []


def _parse_into(
    values: dict[str, object], entry: Field, value: object, context: Context
) -> list[Fault]:
    try:
        with without_values() if entry.private else nullcontext():
            values[entry.name] = entry.parse(value, context)
    except TwinError as error:
        return list(error.within(entry.name).faults)
    return []


def _merged(entry: Field, record: Record, value: object) -> object:
    """Apply the patch of an object; other values are left for the parser to refuse."""
    if entry.merge is None or not isinstance(value, Mapping):
        return value
    present = getattr(record, entry.name)
    try:
        patch = freeze_object(value)
    except TypeError, RecursionError:
        return value
    rendered = _written(entry, present)
    return entry.merge(freeze_object(rendered) if isinstance(rendered, dict) else NO_JSON, patch)


def _checked[R: Record](
    kind: Kind[R], values: dict[str, object], faults: list[Fault], written: frozenset[str]
) -> R:
    if not faults:
        record = kind.record(**values)
        faults = list(kind.check(record, written))
        if not faults:
            return record
    raise TwinError(*faults)


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


def fits(document: object, step: Step) -> bool:
    """Tell whether a document is, where a step leads, as the step left it."""
    *way, last = step["p"]
    node: Any = document
    try:
        for key in way:
            node = node[key]
        if not isinstance(last, int):
            return same_json(node.get(last, _MISSING), step.get(_AFTER, _MISSING))
        run = step[_AFTER]
        return last >= 0 and same_json(node[last : last + len(run)], run)
    except AttributeError, IndexError, KeyError, TypeError:
        return False


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
