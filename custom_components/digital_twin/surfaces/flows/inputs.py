"""A form as a table: which part of a record each input shows, and how it is asked for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import Selector
import probatio

from ...engine.core.registry import TwinRegistry
from ...twin.records.fields import Kind, Record
from ...twin.records.object_reader import FaultCollector
from ...twin.records.revisions import encode
from .errors import NameOf
from .texts import part_text

# What a selector returns or a document holds.
type Value = Any
type Values = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the inputs of a form depend on besides the record.

    `twin_id` is the twin that the form is about, `texts` are the translated selector texts.
    """

    hass: HomeAssistant
    registry: TwinRegistry
    twin_id: str
    texts: Mapping[str, str]


def _as_it_is(_surroundings: Surroundings, value: Value) -> Value:
    return value


def _replaced(_shown: Value, given: Value, _present: Value) -> Value:
    return given


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One input of a form.

    `path` is where its value stands in the document; the last part names the input. `show` turns
    the value of the document into that of the form, `read` turns it back (and may raise
    `TwinError` with a path relative to the input). `change` makes the patch of the value from
    what was shown, what was given and what the document holds by now; all may be None. `rows` is
    the translation key of a selector that shows a list of objects.
    """

    path: tuple[str, ...]
    selector: Callable[[Surroundings], Selector[Any]]
    section: str | None = None
    required: bool = False
    show: Callable[[Surroundings, Value], Value] = _as_it_is
    read: Callable[[Surroundings, Value], Value] = _as_it_is
    change: Callable[[Value, Value, Value], Value] = _replaced
    rows: str | None = None

    @property
    def name(self) -> str:
        """The name of the input in the form."""
        return self.path[-1]


def places(inputs: Iterable[Input]) -> dict[str, str]:
    """Tell where in a form the errors of a field of the record are shown.

    The UI shows no errors inside of sections, only above them.
    """
    return {each.path[0]: each.section or each.name for each in inputs}


def part_names(inputs: Iterable[Input], texts: Mapping[str, str]) -> NameOf:
    """Make the function that tells what a form calls the parts of its rows."""
    rows = {each.path[0]: each.rows for each in inputs if each.rows}

    def name_of(field: str, part: str) -> str:
        return part_text(texts, rows[field], part) if field in rows else part

    return name_of


def form_schema(
    inputs: Iterable[Input],
    surroundings: Surroundings,
    values: Values,
    unfolded: Iterable[str] = (),
) -> probatio.Schema:
    """Make the schema of a form with `values` in it; sections are earlier_parts unless named."""
    top: dict[probatio.Marker, Any] = {}
    sections: dict[str, dict[probatio.Marker, Any]] = {}
    for each in inputs:
        if each.section is not None and each.section not in sections:
            sections[each.section] = {}
            top[probatio.Required(each.section)] = each.section
        within = top if each.section is None else sections[each.section]
        marker = probatio.Required if each.required else probatio.Optional
        value = _value(values, each)
        description = None if value is None else {"suggested_value": value}
        within[marker(each.name, description=description)] = each.selector(surroundings)
    earlier_parts = {name: name not in set(unfolded) for name in sections}
    return probatio.Schema(
        {
            marker: section(
                probatio.Schema(sections[content]), {"collapsed": earlier_parts[content]}
            )
            if isinstance(content, str)
            else content
            for marker, content in top.items()
        }
    )


def shown_values[R: Record](
    inputs: Iterable[Input], surroundings: Surroundings, kind: Kind[R], record: R
) -> Values:
    """Return what a form shows of a record."""
    document = encode(kind, record)
    values: dict[str, Any] = {}
    for each in inputs:
        value = _at(document, each.path)
        if value is not None:
            within = values if each.section is None else values.setdefault(each.section, {})
            within[each.name] = each.show(surroundings, value)
    return values


def patch_of(
    inputs: Iterable[Input],
    surroundings: Surroundings,
    shown: Values,
    given: Values,
    document: Mapping[str, Any],
) -> dict[str, Any]:
    """Make the merge patch of what a person changed in a form; the rest is left out.

    `document` is the present one, which may have changed since the form was shown. Raises
    `TwinError` with every fault of values that cannot be read.
    """
    collector = FaultCollector()
    patch: dict[str, Any] = {}
    for each in inputs:
        before, after = _value(shown, each), _value(given, each)
        if _same(before, after):
            continue
        if after is not None:
            read = partial(each.read, surroundings, after)
            after = collector.take(".".join(each.path), read, None)
        within = patch
        for part in each.path[:-1]:
            within = within.setdefault(part, {})
        within[each.name] = each.change(before, after, _at(document, each.path))
    collector.raise_faults()
    return {name: _or_null(part, document.get(name)) for name, part in patch.items()}


def difference(shown: Value, given: Value, _present: Value = None) -> Value:
    """Make the merge patch (RFC 7396) that turns one object into another."""
    before = {} if shown is None else shown
    after = {} if given is None else given
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return given
    removed = dict.fromkeys(name for name in before if name not in after)
    changed = {
        name: difference(before[name], value) if isinstance(before.get(name), Mapping) else value
        for name, value in after.items()
        if name not in before or not _same(before[name], value)
    }
    return removed | changed


def _same(one: Value, other: Value) -> bool:
    """Compare JSON values; to Python, 1 is the same as true."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other, strict=True))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _value(values: Values, each: Input) -> Value:
    """Return a value of a form; what is empty was not given."""
    within = values if each.section is None else values.get(each.section, {})
    value = within.get(each.name)
    return None if value in ("", [], {}) else value


def _at(document: Mapping[str, Any], path: Iterable[str]) -> Value:
    found: Value = document
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _or_null(patch: Value, present: Value) -> Value:
    """Clear an object whose every part the patch clears, instead of leaving an empty one."""
    if not isinstance(patch, Mapping) or any(part is not None for part in patch.values()):
        return patch
    return patch if isinstance(present, Mapping) and set(present) - set(patch) else None
