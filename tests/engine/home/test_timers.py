"""Deadlines fire at their moment, once, through one timer."""

from collections.abc import Collection
from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_point_in_utc_time
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.digital_twin.engine.core.timers import Deadline, Deadlines

from .house import START

A = Deadline("one", "a")
B = Deadline("one", "b")
C = Deadline("two", "c")


class Clock:
    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        freezer.move_to(START)
        self.hass, self.freezer = hass, freezer
        self.fired: list[list[Deadline]] = []
        self.deadlines = Deadlines(hass, self._due)

    def _due(self, due: Collection[Deadline], _now: datetime) -> None:
        self.fired.append(list(due))

    async def wait(self, minutes: float) -> None:
        self.freezer.tick(timedelta(minutes=minutes))
        async_fire_time_changed(self.hass)
        await self.hass.async_block_till_done()


@pytest.fixture
def clock(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Clock:
    return Clock(hass, freezer)


def _in(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def test_deadlines_fire_in_their_order(clock: Clock) -> None:
    clock.deadlines.set(B, _in(2))
    clock.deadlines.set(A, _in(1))
    await clock.wait(1)
    assert clock.fired == [[A]]
    await clock.wait(1)
    assert clock.fired == [[A], [B]]


async def test_deadlines_that_go_wrong_do_not_keep_the_next_ones(clock: Clock) -> None:
    clock.deadlines.set(A, _in(1))
    clock.deadlines.set(B, _in(2))
    failed: list[object] = []
    handler = clock.hass.loop.get_exception_handler()
    clock.hass.loop.set_exception_handler(lambda _loop, context: failed.append(context))
    with patch.object(clock.deadlines, "_due", side_effect=RuntimeError):
        await clock.wait(1)
    clock.hass.loop.set_exception_handler(handler)
    await clock.wait(1)
    assert (len(failed), clock.fired) == (1, [[B]])


async def test_what_is_due_together_fires_together(clock: Clock) -> None:
    for deadline in (A, B, C):
        clock.deadlines.set(deadline, _in(1))
    await clock.wait(5)
    assert [sorted(due) for due in clock.fired] == [[A, B, C]]


async def test_what_is_due_in_one_second_is_due_with_it(clock: Clock) -> None:
    for number in range(3):
        part = timedelta(microseconds=number * 400_000)
        clock.deadlines.set(Deadline("one", str(number)), _in(1) + part)
    await clock.wait(1)
    assert [[due.topic for due in fired] for fired in clock.fired] == [["0"]]
    await clock.wait(1 / 60)
    assert [[due.topic for due in fired] for fired in clock.fired] == [["0"], ["1", "2"]]


async def test_a_moved_deadline_fires_once_at_its_new_moment(clock: Clock) -> None:
    clock.deadlines.set(A, _in(1))
    clock.deadlines.set(A, _in(3))
    clock.deadlines.set(B, _in(2))
    await clock.wait(2)
    assert clock.fired == [[B]]
    await clock.wait(1)
    assert clock.fired == [[B], [A]]
    clock.deadlines.set(B, _in(9))
    clock.deadlines.set(B, _in(5))
    await clock.wait(10)
    assert clock.fired == [[B], [A], [B]]


async def test_a_dropped_deadline_does_not_fire(clock: Clock) -> None:
    clock.deadlines.set(A, _in(1))
    clock.deadlines.set(A, None)
    clock.deadlines.set(B, None)
    await clock.wait(5)
    assert clock.fired == []


async def test_a_home_is_forgotten_with_its_deadlines(clock: Clock) -> None:
    for deadline in (A, B, C):
        clock.deadlines.set(deadline, _in(1))
    clock.deadlines.forget("one")
    await clock.wait(5)
    assert clock.fired == [[C]]


async def test_after_the_end_nothing_fires(clock: Clock) -> None:
    clock.deadlines.set(A, _in(1))
    clock.deadlines.stop()
    await clock.wait(5)
    assert clock.fired == []


async def test_many_deadlines_need_one_timer(clock: Clock) -> None:
    tracker = "custom_components.digital_twin.engine.core.timers.async_track_point_in_utc_time"
    with patch(tracker, wraps=async_track_point_in_utc_time) as track:
        for number in range(100):
            clock.deadlines.set(Deadline("one", "a", str(number)), _in(1 + number))
    assert track.call_count == 1
    clock.deadlines.stop()
