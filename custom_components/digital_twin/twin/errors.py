"""What can be wrong with input, in a form that every surface can translate."""

from collections.abc import Iterable
from dataclasses import dataclass

MAX_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with one field.

    `key` is a translation key, `field` the path of the field as the caller wrote it
    (`health_metrics.weight.unit`, `progress_metrics[0].target`), and `placeholders` are the
    texts that the translation needs; `field` is always among them.
    """

    key: str
    field: str
    placeholders: dict[str, str]

    def within(self, parent: str) -> Fault:
        """Return the fault as seen from the object that holds the field."""
        joint = "" if not self.field or self.field.startswith("[") else "."
        path = f"{parent}{joint}{self.field}"
        return Fault(self.key, path, {**self.placeholders, "field": path})


class TwinError(Exception):
    """Input that was refused as a whole, with every fault that was found."""

    def __init__(self, *faults: Fault) -> None:
        """Keep the faults; the first one speaks where only one can be shown."""
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
        """Return the same error as seen from the object that holds the field."""
        return TwinError(*(fault.within(parent) for fault in self.faults))


def shown(value: object) -> str:
    """Write a refused value so that it can stand in a message, shorten to a readable length."""
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

    `allowed` is never shorten: it is what the person has to choose from.
    """
    texts = {
        name: ", ".join(map(str, value))
        if name == "allowed" and not isinstance(value, str) and isinstance(value, Iterable)
        else shown(value)
        for name, value in placeholders.items()
    }
    return Fault(key, field, {"field": field, **texts})


def refuse(key: str, field: str, **placeholders: object) -> TwinError:
    """Make the error of a single fault, to be raised."""
    return TwinError(fault(key, field, **placeholders))
