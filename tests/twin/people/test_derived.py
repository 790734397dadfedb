from datetime import date

import pytest

from custom_components.digital_twin.twin.people.health import Derived, derived, years_between
from custom_components.digital_twin.twin.people.person import PERSON, Person

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
