"""What follows from other facts about a person; None where one of them is not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from .enums import ActivityLevel, Gender
from .person import Person

# Physical activity levels that are commonly multiplied with the basal metabolic rate.
ACTIVITY_FACTORS: Mapping[ActivityLevel, float] = MappingProxyType(
    {
        ActivityLevel.SEDENTARY: 1.2,
        ActivityLevel.LIGHT: 1.375,
        ActivityLevel.MODERATE: 1.55,
        ActivityLevel.ACTIVE: 1.725,
        ActivityLevel.VERY_ACTIVE: 1.9,
    }
)
# The equation has a constant for each of these and none for anybody else.
GENDER_TERMS: Mapping[Gender, float] = MappingProxyType({Gender.MALE: 5, Gender.FEMALE: -161})


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """Age in years, body mass index in kg/m², and two rates in kcal a day."""

    age: int | None
    bmi: float | None
    bmr: float | None
    daily_energy_need: float | None


def derived(person: Person, today: date) -> Derived:
    """Derive what can be derived on a day of the person."""
    age = None if person.date_of_birth is None else years_between(person.date_of_birth, today)
    weight = _latest(person, "weight")
    height = _latest(person, "height")
    bmr = basal_metabolic_rate(weight, height, age, person.gender)
    factor = None if person.activity_level is None else ACTIVITY_FACTORS[person.activity_level]
    return Derived(
        age=age,
        bmi=body_mass_index(weight, height),
        bmr=bmr,
        daily_energy_need=None if bmr is None or factor is None else round(bmr * factor),
    )


def years_between(birth: date, today: date) -> int:
    """Return the age in whole years; who was born on a 29 February ages on 1 March."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def body_mass_index(weight: float | None, height: float | None) -> float | None:
    """Return weight (kg) by the square of height (cm) in kg/m², as the WHO defines it."""
    if weight is None or height is None:
        return None
    return round(weight / (height / 100) ** 2, 1)


def basal_metabolic_rate(
    weight: float | None, height: float | None, age: int | None, gender: Gender | None
) -> float | None:
    """Return the energy a body needs at rest in kcal a day, from kg, cm and years.

    Mifflin and St Jeor (Am J Clin Nutr 51:241, 1990), made for adults.
    """
    term = None if gender is None else GENDER_TERMS.get(gender)
    if weight is None or height is None or age is None or term is None:
        return None
    return round(10 * weight + 6.25 * height - 5 * age + term)


def _latest(person: Person, metric: str) -> float | None:
    reading = person.health_metrics.get(metric)
    return reading.value if reading else None
