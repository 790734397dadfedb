"""Tells those who show a slice of a twin that it changed, and nobody else."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, cast

from homeassistant.core import CALLBACK_TYPE, HassJobType, callback
from homeassistant.util.logging import catch_log_exception

type Listener = Callable[[], None]


class Slice(NamedTuple):
    """A part of a twin that is shown as one: a field, a metric, a value of an area.

    `twin_id` is None for what concerns all twins of the kind, such as `added` and `removed`.
    """

    kind: str
    twin_id: str | None
    name: str


class Publisher:
    """Subscriptions by slice. Runs in the event loop only."""

    def __init__(self) -> None:
        """Start without subscribers."""
        self._listeners: dict[Slice, dict[Listener, Listener]] = {}

    @callback
    def subscribe(self, slices: Slice | Iterable[Slice], listener: Listener) -> CALLBACK_TYPE:
        """Call the listener after each change of any of the slices; return what ends that.

        What it raises goes to the log: the others are told, and the change has been made.
        """
        wanted = (slices,) if isinstance(slices, Slice) else tuple(slices)
        guarded = cast(
            "Listener", catch_log_exception(listener, _what_failed, HassJobType.Callback)
        )
        for slice_ in wanted:
            self._listeners.setdefault(slice_, {})[listener] = guarded

        @callback
        def unsubscribe() -> None:
            for slice_ in wanted:
                if listeners := self._listeners.get(slice_):
                    listeners.pop(listener, None)
                    if not listeners:
                        del self._listeners[slice_]

        return unsubscribe

    @callback
    def publish(self, slices: Iterable[Slice]) -> None:
        """Call every listener of the slices once, however many of its slices changed."""
        due: dict[Listener, Listener] = {}
        for slice_ in slices:
            due.update(self._listeners.get(slice_, {}))
        for guarded in due.values():
            guarded()


def _what_failed() -> str:
    return "A change of a twin could not be shown"
