"""What was refused, as a form shows it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
import re
from typing import Self

from ...twin.errors import Fault

BASE = "base"
# `progress_metrics[0].items[1].name`: the field, the index of the element and the part of it.
NESTED = re.compile(r"(?P<field>\w+)\[(?P<index>\d+)\]\.(?P<part>.+)")

# Tells what the form calls a part of the elements of a field.
type NameOf = Callable[[str, str], str]


def _as_it_is(_field: str, part: str) -> str:
    return part


@dataclass(frozen=True, slots=True)
class FormErrors:
    """The errors of a form: translation keys by input, and the placeholders of their texts."""

    keys: dict[str, str] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, faults: Iterable[Fault], places: Mapping[str, str], name_of: NameOf = _as_it_is
    ) -> Self:
        """Put each fault above its input, given where the fields of the record are in the form.

        The texts of a form share their placeholders: a fault that would give one of them another
        value waits until the first is mended.
        """
        keys: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        for fault in faults:
            key, said = _shown(fault, name_of)
            place = places.get(re.split(r"[.\[]", fault.field)[0], BASE)
            clash = any(placeholders.get(name, text) != text for name, text in said.items())
            if place not in keys and not clash:
                keys[place] = key
                placeholders |= said
        return cls(keys, placeholders)


def _shown(fault: Fault, name_of: NameOf) -> tuple[str, dict[str, str]]:
    """An input shows its name and its value by itself; an element of a list has to be named."""
    said = {
        name: text for name, text in fault.placeholders.items() if name not in ("field", "value")
    }
    nested = NESTED.fullmatch(fault.field)
    if nested is None:
        return fault.key, said
    number = str(int(nested["index"]) + 1)
    part = name_of(nested["field"], nested["part"])
    return f"nested_{fault.key}", {**said, "number": number, "part": part}
