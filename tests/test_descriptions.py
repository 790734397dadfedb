"""Lists in attributes stay small and say how much they leave out."""

from homeassistant.helpers.json import json_bytes
from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.surfaces.entities import (
    LIST_BYTES,
    TEXT_LENGTH,
    capped_list,
)


def test_a_short_list_is_shown_whole() -> None:
    devices: list[dict[str, object]] = [
        {"name": "Lamp", "battery": 12.5},
        {"name": "Door", "battery": None},
    ]
    assert capped_list("devices", devices) == {"devices": devices, "not_listed": 0}


def test_a_long_list_begins_with_the_first_and_counts_the_rest() -> None:
    shown = capped_list("devices", ({"name": f"Lamp {number}"} for number in range(500)))
    assert shown["devices"][0] == {"name": "Lamp 0"}
    assert len(shown["devices"]) + shown["not_listed"] == 500
    assert shown["not_listed"] > 0


@pytest.mark.parametrize("length", [TEXT_LENGTH - 1, TEXT_LENGTH, TEXT_LENGTH + 1, 255])
def test_long_texts_are_cut_with_an_ellipsis(length: int) -> None:
    shown = capped_list("devices", [{"name": "x" * length}])["devices"][0]["name"]
    assert len(shown) == min(length, TEXT_LENGTH)
    assert shown.endswith("…") is (length > TEXT_LENGTH)


@given(st.lists(st.fixed_dictionaries({"name": st.text(), "area": st.none() | st.text()})))
def test_no_list_outgrows_its_bytes(items: list[dict[str, str | None]]) -> None:
    shown = capped_list("devices", items)
    assert len(json_bytes(shown["devices"])) <= LIST_BYTES
    assert len(shown["devices"]) + shown["not_listed"] == len(items)


def test_even_the_longest_item_fits() -> None:
    worst = {"name": "👩‍👩‍👧‍👦" * 64, "area": "👩‍👩‍👧‍👦" * 64, "since": "2026-01-01T00:00:00+00:00"}
    assert len(capped_list("devices", [worst])["devices"]) == 1
