"""Faults of input as translation keys with placeholders."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MAX_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one field.

    `key` is a translation key, `field` the path of the field as the caller wrote it
    (`health_metrics.weight.unit`, `progress_metrics[0].target`), and `placeholders` are the
    texts for the translation, `field` always among them. `value` is the refused value; faults of
    private fields have none.
    """

    key: str
    field: str
    placeholders: dict[str, str]

    def within(self, parent: str) -> Fault:
        """Return the fault with the path of the parent object in front of its field."""
        joint = "" if not self.field or self.field.startswith("[") else "."
        return self.at(f"{parent}{joint}{self.field}")

    def at(self, path: str) -> Fault:
        """Return the fault as one of the field with that path."""
        return Fault(self.key, path, {**self.placeholders, "field": path})

    def without_value(self) -> Fault:
        """Return the fault without the refused value."""
        texts = {name: text for name, text in self.placeholders.items() if name != "value"}
        return Fault(self.key, self.field, texts)


class TwinError(Exception):
    """Input was refused as a whole; `faults` has every fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.key}" for fault in faults))
        self.faults = faults

    @property
    def key(self) -> str:
        """Translation key of the first fault."""
        return self.faults[0].key

    @property
    def placeholders(self) -> dict[str, str]:
        """Placeholders of the first fault."""
        return self.faults[0].placeholders

    def within(self, parent: str) -> TwinError:
        """Return the error with the path of the parent object in front of each field."""
        return self.with_faults(lambda fault: fault.within(parent))

    def with_faults(self, change: Callable[[Fault], Fault]) -> TwinError:
        """Return the error with each fault changed."""
        return TwinError(*map(change, self.faults))


@contextmanager
def changed_faults(change: Callable[[Fault], Fault]) -> Iterator[None]:
    """Change each fault of a `TwinError` of the block."""
    try:
        yield
    except TwinError as error:
        raise error.with_faults(change) from None


@contextmanager
def without_values() -> Iterator[None]:
    """Remove the refused values from a `TwinError`: Home Assistant logs refused calls."""
    try:
        yield
    except TwinError as error:
        raise error.with_faults(Fault.without_value) from None


def shown(value: object) -> str:
    """Return a value as text for a message, at most 120 characters."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, Iterable) and not isinstance(value, (bytes, dict)):
        text = ", ".join(str(item) for item in value)
    else:
        text = str(value)
    text = text.encode(errors="replace").decode()
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def fault(key: str, field: str, **placeholders: object) -> Fault:
    """Make a fault; each placeholder becomes text, a list its items with commas.

    `allowed`, the list of choices, is never shortened.
    """
    texts = {
        name: ", ".join(map(str, value))
        if name == "allowed" and not isinstance(value, str) and isinstance(value, Iterable)
        else shown(value)
        for name, value in placeholders.items()
    }
    return Fault(key, field, {"field": field, **texts})


def refuse(key: str, field: str, **placeholders: object) -> TwinError:
    """Return the error of a single fault."""
    return TwinError(fault(key, field, **placeholders))
