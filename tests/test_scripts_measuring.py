"""The judgements of scripts/kill-test and scripts/bench."""

from typing import override
from unittest.mock import Mock

import pytest

from custom_components.digital_twin.engine.core.journal import KEPT_BYTES
from scripts.benchmark.__main__ import (
    WriteCost,
    _bounds,
    _changes_bounds,
    _correlation_bounds,
    _file_bounds,
    _query_bounds,
    _simulation_bounds,
    _subscriber_bounds,
    _write_bounds,
)
from scripts.benchmark.changes import ChangesTime
from scripts.benchmark.correlations import CorrelationTime, measured as correlations_measured
from scripts.benchmark.files import FileTime
from scripts.benchmark.measure import Result, paired_ratio
from scripts.benchmark.queries import QueryTime
from scripts.benchmark.simulations import SimulationTime, measured
from scripts.benchmark.subscribers import SubscriberCost
from scripts.benchmark.writes import Block
from scripts.kill_test.people_and_homes import EqualAmounts
from scripts.kill_test.writers import Writer


class Pair(Writer):
    """A writer whose writes change two places."""

    def __init__(self, *found: int) -> None:
        super().__init__(Mock())
        self._found = list(found)

    @override
    async def write(self, number: int) -> None: ...

    @override
    async def found(self) -> object:
        return self._found

    @override
    def expected(self, number: int) -> object:
        return [number, number]


@pytest.mark.parametrize(
    ("acknowledged", "pending", "found"), [(3, None, 3), (3, 4, 3), (3, 4, 4), (0, None, 0)]
)
async def test_the_last_acknowledged_write_or_the_one_under_way_may_be_found(
    acknowledged: int, pending: int | None, found: int
) -> None:
    writer = Pair(found, found)
    writer.acknowledged, writer.pending = acknowledged, pending
    assert await writer.check() == []
    assert (writer.acknowledged, writer.pending) == (found, None)


@pytest.mark.parametrize(
    ("acknowledged", "pending", "found"),
    [(3, None, (2, 2)), (3, None, (4, 4)), (3, 4, (3, 4)), (3, 4, (5, 5)), (3, 4, (2, 2))],
)
async def test_a_lost_or_half_done_write_is_a_problem(
    acknowledged: int, pending: int | None, found: tuple[int, int]
) -> None:
    writer = Pair(*found)
    writer.acknowledged, writer.pending = acknowledged, pending
    assert len(await writer.check()) == 1


async def test_a_refused_write_is_a_problem() -> None:
    writer = Pair(0, 0)
    writer.refused.append("no")
    assert await writer.check() == ["no"]
    assert await writer.check() == []


class Counted(EqualAmounts):
    """Equal amounts without a server."""

    total = 0.0

    @override
    async def sum_of_days(self, metric: str) -> float:
        return self.total


@pytest.mark.parametrize(
    ("pending", "added", "is_whole"),
    [(None, 10, True), (None, 9, False), (None, 11, False), (6, 11, True), (6, 12, True)],
)
async def test_each_of_two_equal_amounts_counts(
    pending: int | None, added: int, *, is_whole: bool
) -> None:
    writer = Counted(Mock(), "anna")
    await writer.prepare()
    writer.acknowledged, writer.pending, writer.total = 5, pending, added
    assert (await writer.check() == []) is is_whole
    # Only what was added since is compared.
    writer.acknowledged, writer.total = writer.acknowledged + 1, added + 2
    assert await writer.check() == []


GOOD = Block(seconds=0.001, written=4096, rate=4000)


@pytest.mark.parametrize(
    ("block", "growth", "shortest", "holds"),
    [
        (GOOD, 1.5, 9.9, [True] * 4),
        (GOOD, 1.5, float("inf"), [True] * 4),
        (Block(seconds=0.001, written=4097, rate=4000), 1.5, 10.0, [False, True, True, True]),
        (GOOD, 1.51, 10.0, [True, False, True, True]),
        (Block(seconds=0.001, written=100, rate=3999), 1.0, 10.0, [True, True, False, True]),
        (GOOD, 1.0, 9.8, [True, True, True, False]),
    ],
)
def test_each_bound_of_a_write_is_judged(
    block: Block, growth: float, shortest: float, holds: list[bool]
) -> None:
    costs = [WriteCost("a", 10, GOOD, 1.0), WriteCost("a", 1000, block, growth)]
    assert [kept for kept, _ in _write_bounds(costs, shortest)] == holds


@pytest.mark.parametrize(
    ("ratio", "setup", "holds"),
    [
        (1.1, 0.59, [True] * 4),
        (1.11, 0.59, [False, True, True, True]),
        (1.0, 0.6, [True, True, True, False]),
    ],
)
def test_each_bound_of_a_state_change_is_judged(
    ratio: float, setup: float, holds: list[bool]
) -> None:
    results = [
        Result("digital_twin", 100, ratio=1.05),
        Result("digital_twin", 1_000, ratio=1.05),
        Result("digital_twin", 10_000, ratio=ratio, setup=setup),
        Result("group", 1_000, ratio=85),
    ]
    assert [kept for kept, _ in _bounds(results)] == holds


@pytest.mark.parametrize(
    ("honest", "hostile", "holds"),
    [
        ((100.0, ""), (150.0, "query_too_costly"), [True] * 3),
        ((100.1, ""), (150.0, "query_too_costly"), [True, False, True]),
        ((100.0, ""), (150.1, "query_too_costly"), [True, True, False]),
        ((1.0, "query_too_large"), (1.0, "too_deep"), [False, True, True]),
        ((1.0, ""), (1.0, ""), [False, True, True]),
    ],
)
def test_each_bound_of_a_query_is_judged(
    honest: tuple[float, str], hostile: tuple[float, str], holds: list[bool]
) -> None:
    # One that is quick hides none that is slow.
    times = [
        QueryTime("a", True, 1.0, ""),
        QueryTime("b", True, *honest),
        QueryTime("c", False, *hostile),
        QueryTime("d", False, 1.0, "too_long"),
    ]
    assert [kept for kept, _ in _query_bounds(times)] == holds


def test_each_file_has_a_bound_of_its_own() -> None:
    times = [FileTime("a folder", 299.9, 300), FileTime("a year", 300.0, 300)]
    assert [kept for kept, _ in _file_bounds(times)] == [True, False]


@pytest.mark.parametrize(
    ("journal", "milliseconds", "held", "holds"),
    [
        (KEPT_BYTES, 300.0, 49.9, [True] * 3),
        (KEPT_BYTES + 1, 1.0, 1.0, [False, True, True]),
        (10, 300.1, 1.0, [True, False, True]),
        (10, 1.0, 50.0, [True, True, False]),
    ],
)
def test_each_bound_of_what_changed_is_judged(
    journal: int, milliseconds: float, held: float, holds: list[bool]
) -> None:
    # What is asked less often may take longer.
    times = [
        ChangesTime("a month", 30, journal, 10, milliseconds, held),
        ChangesTime("everything", 400, 10, 10, 900.0, 90.0),
    ]
    assert [kept for kept, _ in _changes_bounds(times)] == holds


@pytest.mark.parametrize(("milliseconds", "holds"), [(199.0, [True]), (200.0, [False])])
def test_the_bound_of_what_if_questions_is_judged(milliseconds: float, holds: list[bool]) -> None:
    times = [SimulationTime("a", 1000, 1.0, 3), SimulationTime("b", 1000, milliseconds, 3)]
    assert [kept for kept, _ in _simulation_bounds(times)] == holds


@pytest.mark.parametrize(
    ("milliseconds", "held", "holds"),
    [(149.0, 49.0, [True] * 2), (150.0, 1.0, [False, True]), (1.0, 50.0, [True, False])],
)
def test_the_bounds_of_what_goes_together_are_judged(
    milliseconds: float, held: float, holds: list[bool]
) -> None:
    times = [CorrelationTime(180, 990, 1.0, 1.0), CorrelationTime(400, 990, milliseconds, held)]
    assert [kept for kept, _ in _correlation_bounds(times)] == holds


def test_every_metric_takes_part_in_what_is_measured() -> None:
    # All pairs of 27 metrics, less those of one measurement.
    assert [one.pairs for one in correlations_measured(30)] == [990, 990]


def test_what_if_questions_that_are_measured_move_goals() -> None:
    assert [one.different > 0 for one in measured(6)] == [True] * 8


@pytest.mark.parametrize(
    ("wrong", "held", "kept", "holds"),
    [
        (0, 0.049, 1_048_576, [True] * 3),
        (1, 0.049, 0, [False, True, True]),
        (0, 0.05, -1, [True, False, True]),
        (0, 0.01, 1_048_577, [True, True, False]),
    ],
)
def test_each_bound_of_subscriptions_is_judged(
    wrong: int, held: float, kept: int, holds: list[bool]
) -> None:
    cost = SubscriberCost(100, 1_000, 10_000, wrong, 900, 1.0, 4.0, 3.0, held, 0.02, kept)
    assert [kept for kept, _ in _subscriber_bounds(cost)] == holds


def test_a_process_that_becomes_slower_does_not_change_the_ratio() -> None:
    assert paired_ratio([10, 12, 14, 16], [11 * 1.05, 13 * 1.05, 15 * 1.05]) == pytest.approx(1.05)


def test_one_disturbed_block_does_not_change_the_ratio() -> None:
    assert paired_ratio([10.0] * 6, [10.5, 10.5, 30, 10.5, 10.5]) == pytest.approx(1.05)
