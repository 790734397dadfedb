from datetime import date

import pytest

from custom_components.digital_twin.twin.metrics.person import (
    PERSON,
    Derived,
    Person,
    derived,
    years_between,
)

from ..samples import ANNA as ANNA_ID, make

TODAY = date(2026, 3, 1)


def person(document: dict[str, object]) -> Person:
    return make(PERSON, ANNA_ID, {"name": "Anna", **document})


NOTHING = Derived(age=None, bmi=None, bmr=None, daily_energy_need=None)
ANNA: dict[str, object] = {
    "date_of_birth": "1990-05-17",
    "gender": "Female",
    "activity_level": "Moderate",
    "health_metrics": {"weight": 70, "height": 170},
}


def test_everything_known_gives_everything() -> None:
    # 10 * 70 + 6.25 * 170 - 5 * 35 - 161 = 1426.5
    assert derived(person(ANNA), TODAY) == Derived(
        age=35, bmi=24.2, bmr=1426, daily_energy_need=2210
    )


def test_men_have_another_constant() -> None:
    assert derived(person({**ANNA, "gender": "Male"}), TODAY).bmr == 1592


@pytest.mark.parametrize(
    ("level", "factor"),
    [
        ("Sedentary", 1.2),
        ("Light", 1.375),
        ("Moderate", 1.55),
        ("Active", 1.725),
        ("Very Active", 1.9),
    ],
)
def test_the_energy_need_follows_the_activity(level: str, factor: float) -> None:
    found = derived(person({**ANNA, "activity_level": level}), TODAY)
    assert found.daily_energy_need == round(1426 * factor)


@pytest.mark.parametrize(
    ("without", "unknown"),
    [
        ("date_of_birth", {"age", "bmr", "daily_energy_need"}),
        ("gender", {"bmr", "daily_energy_need"}),
        ("activity_level", {"daily_energy_need"}),
        ("health_metrics", {"bmi", "bmr", "daily_energy_need"}),
    ],
)
def test_what_lacks_an_input_is_unknown(without: str, unknown: set[str]) -> None:
    known = {key: value for key, value in ANNA.items() if key != without}
    found = derived(person(known), TODAY)
    assert {
        name for name in ("age", "bmi", "bmr", "daily_energy_need") if getattr(found, name) is None
    } == unknown


@pytest.mark.parametrize(
    ("birth", "gender", "weight", "bmr", "need"),
    [
        # A boy of two years and 10 kg.
        ("2024-03-01", "Male", 10, 565, 926),
        # 20.315 * 18 + 485.9; below six years activity counts for nothing.
        ("2021-03-01", "Female", 18, 852, 1305),
        # 22.706 * 30 + 504.3; a child who is active needs 15 % more.
        ("2017-03-01", "Male", 30, 1185, 2291),
        ("2010-03-01", "Female", 52, 1389, 2824),
        # An infant has no need by weight alone.
        ("2025-09-01", "Male", 8, 446, None),
    ],
)
def test_children_have_formulas_of_their_age_and_no_bmi(
    birth: str, gender: str, weight: float, bmr: int, need: int | None
) -> None:
    found = derived(
        person(
            {
                "date_of_birth": birth,
                "gender": gender,
                "activity_level": "Active",
                "health_metrics": {"weight": weight, "height": 120},
            }
        ),
        TODAY,
    )
    assert (found.bmi, found.bmr, found.daily_energy_need) == (None, bmr, need)


@pytest.mark.parametrize(
    ("birth", "has_bmi", "has_bmr"),
    [
        ("2008-03-02", False, True),
        ("2008-03-01", True, True),
        ("1947-03-02", True, True),
        ("1947-03-01", True, False),
    ],
)
def test_a_formula_holds_for_the_ages_it_was_made_for(
    birth: str, *, has_bmi: bool, has_bmr: bool
) -> None:
    found = derived(person({**ANNA, "date_of_birth": birth}), TODAY)
    assert (found.bmi is not None, found.bmr is not None) == (has_bmi, has_bmr)
    assert (found.daily_energy_need is not None) == has_bmr


def test_nothing_is_derived_from_nothing() -> None:
    assert derived(person({}), TODAY) == NOTHING


def test_the_equation_knows_two_genders() -> None:
    assert derived(person({**ANNA, "gender": "Other"}), TODAY).bmr is None


def test_weight_alone_is_not_enough() -> None:
    found = derived(person({**ANNA, "health_metrics": {"weight": 70}}), TODAY)
    assert (found.bmi, found.bmr) == (None, None)


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(1990, 3, 1), date(2026, 2, 28), 35),
        (date(1990, 3, 1), date(2026, 3, 1), 36),
        (date(2000, 2, 29), date(2026, 2, 28), 25),
        (date(2000, 2, 29), date(2026, 3, 1), 26),
        (date(2000, 2, 29), date(2028, 2, 29), 28),
    ],
)
def test_people_age_on_their_birthday(birth: date, today: date, age: int) -> None:
    assert years_between(birth, today) == age
