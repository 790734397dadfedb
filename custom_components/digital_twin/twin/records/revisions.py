"""Creating, changing, writing and reading records, driven by the table of their fields."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

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
