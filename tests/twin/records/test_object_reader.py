import pytest

from custom_components.digital_twin.twin.errors import fault, refuse
from custom_components.digital_twin.twin.records.fields import FaultCollector, ObjectReader
from custom_components.digital_twin.twin.records.parsers import number

from ..refusals import refused
from ..samples import context


def _refuse() -> int:
    raise refuse("wrong_type", "part", value=1)


def test_nothing_is_refused_without_a_fault() -> None:
    collector = FaultCollector()
    assert collector.take("a", lambda: 3, 0) == 3
    collector.raise_faults()


def test_every_fault_is_told_with_its_path() -> None:
    collector = FaultCollector()
    assert collector.take("a", _refuse, 7) == 7
    collector.add(fault("duplicate", "b", value=2))
    collector.take("", _refuse, 0)
    with refused(("wrong_type", "a.part"), ("duplicate", "b"), ("wrong_type", "part")):
        collector.raise_faults()


@pytest.mark.parametrize("raw", [None, [], "a", 1])
def test_a_form_is_an_object(raw: object) -> None:
    with refused(("wrong_type", "")) as placeholders:
        ObjectReader(raw, context())
    assert placeholders[0]["expected"] == "object"


def test_null_and_absent_are_the_same() -> None:
    form = ObjectReader({"a": None, "c": 0}, context())
    assert [form.optional(name, number, 5.0) for name in "abc"] == [5.0, 5.0, 0.0]
    assert [form.has(name) for name in "abc"] == [False, False, True]
    form.raise_faults()
    form.required("a", number, 0.0)
    form.required("b", number, 0.0)
    with refused(("required_field", "a"), ("required_field", "b")):
        form.raise_faults()


def test_unknown_parts_are_named_with_those_that_are_known() -> None:
    form = ObjectReader({"a": 1, "b": 2, 3: 4}, context())
    form.only(["a", "c"])
    with refused(("unknown_field", "b"), ("unknown_field", "3")) as placeholders:
        form.raise_faults()
    assert {each["allowed"] for each in placeholders} == {"a, c"}


def test_the_rest_is_an_object_of_its_own() -> None:
    form = ObjectReader({"a": 1, "b": 2, "c": None}, context())
    assert form.rest(["a"], lambda value, _context: value, None) == {"b": 2, "c": None}
    assert form.rest(["a", "b", "c"], lambda value, _context: value, None) is None
