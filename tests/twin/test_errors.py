import pytest

from custom_components.digital_twin.twin.errors import Fault, TwinError, fault, refuse, shown


def test_a_fault_always_names_its_field() -> None:
    assert fault("out_of_range", "weight", value=700, minimum=0.2) == Fault(
        "out_of_range", "weight", {"field": "weight", "value": "700", "minimum": "0.2"}
    )


@pytest.mark.parametrize(
    ("path", "parent", "expected"),
    [
        ("", "weight", "weight"),
        ("unit", "weight", "weight.unit"),
        ("[2]", "dependencies", "dependencies[2]"),
        ("[0].target", "progress_metrics", "progress_metrics[0].target"),
    ],
)
def test_the_path_of_a_fault_grows_from_the_inside_out(
    path: str, parent: str, expected: str
) -> None:
    moved = refuse("wrong_type", path).within(parent)
    assert moved.faults[0].field == expected
    assert moved.placeholders["field"] == expected


def test_the_first_fault_speaks_for_the_error() -> None:
    error = TwinError(fault("duplicate", "goal_code", value="G01"), fault("not_found", "owner"))
    assert error.key == "duplicate"
    assert error.placeholders == {"field": "goal_code", "value": "G01"}
    assert str(error) == "goal_code: duplicate; owner: not_found"


def test_what_is_allowed_is_never_cut() -> None:
    allowed = [f"metric_{number}" for number in range(60)]
    found = fault("unknown_metric", "metrics", value=["x"] * 100, allowed=allowed)
    assert found.placeholders["allowed"] == ", ".join(allowed)
    assert len(found.placeholders["value"]) == 120


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (["a", 1], "a, 1"),
        ({"a": 1}, "{'a': 1}"),
        (b"x", "b'x'"),
        (None, "None"),
        ("\ud800", "?"),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, expected: str) -> None:
    assert shown(value) == expected
