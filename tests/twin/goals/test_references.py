import pytest

from custom_components.digital_twin.twin.goals.references import (
    Reference,
    Twin,
    Twins,
    references_to,
    relinked,
    twin_faults,
    unlinked,
)

from ..samples import ANNA, CABIN, HOUSE, JAN, READ, RUN, goal, home, person

TWINS = Twins(
    persons={
        ANNA: person(ANNA, contact_email="anna@example.org", current_location_id=CABIN),
        JAN: person(JAN, name="Jan", person_entity="person.jan"),
    },
    homes={HOUSE: home(HOUSE, residents=[ANNA, JAN]), CABIN: home(CABIN, name="Cabin")},
    goals={
        RUN: goal(RUN, owner_person_id=ANNA, dependencies=[READ]),
        READ: goal(READ, goal_code="G02", name="Read"),
    },
)
NOBODY = "99999999-9999-4999-8999-999999999999"


@pytest.mark.parametrize(
    ("twin", "faults"),
    [
        (TWINS.persons[ANNA], {}),
        (person(JAN, contact_email="ANNA@Example.org"), {"contact_email": "duplicate"}),
        (person(ANNA, person_entity="person.jan"), {"person_entity": "duplicate"}),
        (person(ANNA, current_location_id=NOBODY), {"current_location_id": "not_found"}),
        (TWINS.homes[HOUSE], {}),
        (home(HOUSE, residents=[ANNA, NOBODY]), {"residents": "not_found"}),
        (TWINS.goals[RUN], {}),
        (goal(RUN, goal_code="g02"), {"goal_code": "duplicate"}),
        (goal(RUN, owner_person_id=NOBODY), {"owner_person_id": "not_found"}),
        (goal(RUN, dependencies=[READ, NOBODY]), {"dependencies": "not_found"}),
    ],
)
def test_what_twins_may_refer_to_and_share(twin: Twin, faults: dict[str, str]) -> None:
    assert {fault.field: fault.key for fault in twin_faults(TWINS, twin)} == faults


@pytest.mark.parametrize(
    ("twin_id", "expected"),
    [
        (ANNA, [Reference("home", HOUSE, "residents"), Reference("goal", RUN, "owner_person_id")]),
        (CABIN, [Reference("person", ANNA, "current_location_id")]),
        (READ, [Reference("goal", RUN, "dependencies")]),
        (RUN, []),
    ],
)
def test_who_refers_to_a_twin(twin_id: str, expected: list[Reference]) -> None:
    assert references_to(TWINS, twin_id) == expected


@pytest.mark.parametrize(
    ("twin", "field", "twin_id", "without", "again"),
    [
        (TWINS.goals[RUN], "dependencies", READ, (), (READ,)),
        (TWINS.goals[RUN], "owner_person_id", ANNA, None, ANNA),
        (TWINS.goals[RUN], "owner_person_id", JAN, ANNA, ANNA),
        (TWINS.homes[HOUSE], "residents", ANNA, (JAN,), (ANNA, JAN)),
        (TWINS.homes[CABIN], "residents", ANNA, (), (ANNA,)),
        (TWINS.goals[READ], "owner_person_id", JAN, None, JAN),
    ],
)
def test_a_reference_is_taken_out_and_put_back(
    twin: Twin, field: str, twin_id: str, without: object, again: object
) -> None:
    assert unlinked(twin, field, twin_id) == without
    assert relinked(twin, field, twin_id) == again


def test_an_e_mail_address_that_is_taken_is_not_repeated() -> None:
    (found,) = twin_faults(TWINS, person(JAN, contact_email="anna@example.org"))
    assert found.placeholders == {"field": "contact_email"}
