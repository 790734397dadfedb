"""A key result with other numbers has much the same progress."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.goals.key_results import parse_key_result
from custom_components.digital_twin.twin.goals.synthetic_numbers import invented_numbers
from custom_components.digital_twin.twin.records.synthetic import Invention

NOW = datetime(2026, 3, 2, tzinfo=UTC)
AMOUNTS = st.floats(-5000, 5000).map(lambda value: round(value, 2))


def progress(document: dict[str, Any]) -> float | None:
    return parse_key_result(document, now=NOW).progress


@given(
    st.sampled_from(["reach", "accumulate"]),
    st.one_of(st.none(), AMOUNTS),
    AMOUNTS,
    AMOUNTS,
    st.sampled_from([None, "<", "≥"]),
)
def test_the_share_of_the_way_stays_but_for_a_percent(
    kind: str, baseline: float | None, target: float, current: float, comparison: str | None
) -> None:
    parts = {"baseline": baseline, "comparison": comparison}
    document: dict[str, Any] = {"key": "a", "name": "a", "kind": kind, "target": target}
    document |= {"current": current} | {name: part for name, part in parts.items() if part}
    before = progress(document)
    after = progress({**document, **invented_numbers(document, Invention("secret"))})
    if before is None:
        assert after is None
    else:
        assert after == pytest.approx(before, abs=0.011)
        assert (after in (0, 1)) is (before in (0, 1))


@given(AMOUNTS, AMOUNTS, st.lists(AMOUNTS, min_size=1, max_size=10))
def test_days_stay_within_or_outside_of_a_band(
    one: float, other: float, values: list[float]
) -> None:
    low, high = sorted((one, other))
    document: dict[str, Any] = {"key": "a", "name": "a", "kind": "maintain"}
    document |= {"minimum": low, "maximum": high, "current": values[-1]}
    document["days"] = {f"2026-02-{day:02}": value for day, value in enumerate(values, 1)}
    found = invented_numbers(document, Invention("secret"))
    assert found["days"].keys() == document["days"].keys()
    assert progress({**document, **found}) == progress(document)


def test_counted_units_are_as_many() -> None:
    document = {"key": "a", "name": "Books", "kind": "accumulate", "baseline": 3, "target": 15}
    document |= {"current": 8}
    found = invented_numbers(document, Invention("secret"))
    assert found["target"] - found["baseline"] == 12
    assert found["current"] - found["baseline"] == 5


def test_numbers_without_a_target_are_others() -> None:
    document = {"key": "a", "name": "a", "kind": "reach", "target": "TBD", "current": 87.5}
    assert invented_numbers(document, Invention("secret"))["current"] != 87.5
