"""Readers of several values of one input, which collect every fault, not only the first."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..errors import Fault, TwinError, fault, refuse
from .fields import Context


class FaultCollector:
    """Collects the faults of the parts of an input; `raise_faults` raises all of them."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def take[T](self, path: str, read: Callable[[], T], instead: T) -> T:
        """Return the result of `read`; keep the faults that it raises as those of `path`.

        `instead` is a placeholder: `raise_faults` raises before it can be used. An empty path is
        that of the input itself.
        """
        try:
            return read()
        except TwinError as error:
            self._faults += (error.within(path) if path else error).faults
            return instead

    def add(self, found: Fault) -> None:
        """Add a fault."""
        self._faults.append(found)

    def raise_faults(self) -> None:
        """Raise `TwinError` with every fault, if there is any."""
        if self._faults:
            raise TwinError(*self._faults)


class ObjectReader(FaultCollector):
    """Reads the parts of a JSON object; null means absent. Raises `wrong_type` for other values."""

    def __init__(self, raw: object, context: Context) -> None:
        super().__init__()
        if not isinstance(raw, Mapping):
            raise refuse("wrong_type", "", value=raw, expected="object")
        self._parts: Mapping[object, object] = raw
        self._context = context

    def only(self, allowed: Iterable[str]) -> None:
        """Add a fault for each part that is not allowed."""
        known = tuple(allowed)
        for name in self._parts:
            if name not in known:
                self.add(fault("unknown_field", str(name), allowed=known))

    def has(self, name: str) -> bool:
        """Return whether a part is present."""
        return self._parts.get(name) is not None

    def rest[T](self, known: Iterable[str], parse: Callable[[object, Context], T], none: T) -> T:
        """Return an object of the parts that are not known, parsed as one, or `none` of them."""
        names = frozenset(known)
        others = {name: part for name, part in self._parts.items() if name not in names}
        return self.take("", partial(parse, others, self._context), none) if others else none

    def optional[T](self, name: str, parse: Callable[[object, Context], T], absent: T) -> T:
        """Return the parsed part, or `absent`."""
        value = self._parts.get(name)
        return absent if value is None else self._parsed(name, value, parse, absent)

    def required[T](self, name: str, parse: Callable[[object, Context], T], instead: T) -> T:
        """Return the parsed part; add a fault if it is absent."""
        value = self._parts.get(name)
        if value is None:
            self.add(fault("required_field", name))
            return instead
        return self._parsed(name, value, parse, instead)

    def _parsed[T](
        self, name: str, value: object, parse: Callable[[object, Context], T], instead: T
    ) -> T:
        return self.take(name, partial(parse, value, self._context), instead)
