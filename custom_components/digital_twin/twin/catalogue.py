"""The catalogue of health metrics: one table of everything that is known about each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .enums import MetricKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One health metric.

    `unit` is the canonical unit, the one that twins hold; `units` are those accepted in input, the
    canonical one first. `minimum` and `maximum` (canonical, inclusive) bound what can be true of a
    human being, a premature baby or a record holder; what is healthy is another matter.
    `precision` is the number of decimals to display, in `suggested_unit` where there is one.
    `suggested_unit_us` is for households with US customary units, where Home Assistant does not
    choose such a unit by itself. `loinc` is None where no code means just this. `fresh_days` is how
    long a level says something about the present, None for ever; a daily total does so until its
    day is over. `name` is None where it comes from the translations: the household's own metrics
    have one.
    """

    key: str
    unit: str
    units: tuple[str, ...]
    minimum: float
    maximum: float
    precision: int = 0
    kind: MetricKind = MetricKind.LEVEL
    device_class: str | None = None
    suggested_unit: str | None = None
    suggested_unit_us: str | None = None
    loinc: str | None = None
    fresh_days: float | None = 1.5
    name: str | None = None

    @property
    def adds_up(self) -> bool:
        """Whether readings add up over the person's day."""
        return self.kind is MetricKind.DAILY_TOTAL

    @property
    def state_class(self) -> str:
        """Home Assistant's state class.

        A daily total may fall when it is corrected, and begins anew with each day, which may come
        to more than the last one before anybody looks: neither is `total_increasing`.
        """
        return "total" if self.adds_up else "measurement"


_BODY_MASS = ("kg", "g", "lb", "st", "oz")
_BODY_LENGTH = ("cm", "m", "mm", "in", "ft")
_PRESSURE = ("mmHg", "kPa")
_TIME = ("min", "h", "s")
_ENERGY = ("kcal", "kJ", "cal", "MJ", "Wh", "kWh")
_HOUR = 1 / 24
# Somebody who measures on the same day of each week does not do so at the same hour.
_WEEKLY = 8
_MONTHLY = 32
# 25 h: the day on which DST ends.
_MINUTES_OF_A_DAY = 25 * 60

_METRICS = (
    Metric(
        key="weight",
        unit="kg",
        units=_BODY_MASS,
        minimum=0.2,
        maximum=650,
        precision=1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="29463-7",
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="height",
        unit="cm",
        units=_BODY_LENGTH,
        minimum=20,
        maximum=280,
        precision=1,
        device_class="distance",
        loinc="8302-2",
        fresh_days=None,
    ),
    Metric(
        key="body_fat",
        unit="%",
        units=("%",),
        minimum=1,
        maximum=80,
        precision=1,
        loinc="41982-0",
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="muscle_mass",
        unit="kg",
        units=_BODY_MASS,
        minimum=0.05,
        maximum=200,
        precision=1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="73964-9",
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="body_water",
        unit="%",
        units=("%",),
        minimum=20,
        maximum=90,
        precision=1,
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="waist_circumference",
        unit="cm",
        units=_BODY_LENGTH,
        minimum=15,
        maximum=350,
        precision=1,
        device_class="distance",
        loinc="8280-0",
        fresh_days=_MONTHLY,
    ),
    Metric(
        key="heart_rate",
        unit="bpm",
        units=("bpm",),
        minimum=15,
        maximum=350,
        loinc="8867-4",
        fresh_days=_HOUR,
    ),
    Metric(
        key="resting_heart_rate",
        unit="bpm",
        units=("bpm",),
        minimum=15,
        maximum=220,
        loinc="40443-4",
        fresh_days=2,
    ),
    # Watches give RMSSD, phones SDNN; the codes that exist are for one of them each.
    Metric(
        key="heart_rate_variability",
        unit="ms",
        units=("ms", "s"),
        minimum=0,
        maximum=500,
        fresh_days=2,
    ),
    Metric(
        key="systolic_blood_pressure",
        unit="mmHg",
        units=_PRESSURE,
        minimum=30,
        maximum=370,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8480-6",
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="diastolic_blood_pressure",
        unit="mmHg",
        units=_PRESSURE,
        minimum=10,
        maximum=360,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8462-4",
        fresh_days=_WEEKLY,
    ),
    Metric(
        key="oxygen_saturation",
        unit="%",
        units=("%",),
        minimum=30,
        maximum=100,
        loinc="59408-5",
        fresh_days=1,
    ),
    Metric(
        key="respiratory_rate",
        unit="br/min",
        units=("br/min",),
        minimum=2,
        maximum=120,
        precision=1,
        loinc="9279-1",
        fresh_days=1,
    ),
    Metric(
        key="body_temperature",
        unit="°C",
        units=("°C", "°F", "K"),
        minimum=25,
        maximum=45,
        precision=1,
        device_class="temperature",
        loinc="8310-5",
        fresh_days=0.5,
    ),
    Metric(
        key="blood_glucose",
        unit="mg/dL",
        units=("mg/dL", "mmol/L"),
        minimum=5,
        maximum=2000,
        device_class="blood_glucose_concentration",
        loinc="2339-0",
        fresh_days=0.5,
    ),
    Metric(
        key="vo2_max",
        unit="mL/kg/min",
        units=("mL/kg/min",),
        minimum=5,
        maximum=100,
        precision=1,
        loinc="94122-9",
        fresh_days=_MONTHLY,
    ),
    Metric(
        key="steps",
        unit="steps",
        units=("steps",),
        minimum=0,
        maximum=500_000,
        kind=MetricKind.DAILY_TOTAL,
        loinc="41950-7",
    ),
    # Walked, run, ridden or swum: the codes that exist are for one way of moving each.
    Metric(
        key="distance",
        unit="km",
        units=("km", "m", "mi", "yd", "ft"),
        minimum=0,
        maximum=1500,
        precision=2,
        kind=MetricKind.DAILY_TOTAL,
        device_class="distance",
    ),
    Metric(
        key="active_energy",
        unit="kcal",
        units=_ENERGY,
        minimum=0,
        maximum=20_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="41981-2",
    ),
    Metric(
        key="exercise_time",
        unit="min",
        units=_TIME,
        minimum=0,
        maximum=_MINUTES_OF_A_DAY,
        kind=MetricKind.DAILY_TOTAL,
        device_class="duration",
        suggested_unit="min",
        loinc="55411-3",
    ),
    Metric(
        key="sleep_duration",
        unit="min",
        units=_TIME,
        minimum=0,
        maximum=_MINUTES_OF_A_DAY,
        precision=2,
        device_class="duration",
        suggested_unit="h",
        loinc="93832-4",
    ),
    Metric(key="sleep_score", unit="points", units=("points",), minimum=0, maximum=100),
    Metric(
        key="hydration",
        unit="mL",
        units=("mL", "L", "fl. oz.", "gal"),
        minimum=0,
        maximum=30_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="volume",
        loinc="9108-2",
    ),
    Metric(
        key="caffeine",
        unit="mg",
        units=("mg", "g", "μg"),
        minimum=0,
        maximum=10_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="weight",
        loinc="80489-8",
    ),
    Metric(
        key="energy_intake",
        unit="kcal",
        units=_ENERGY,
        minimum=0,
        maximum=30_000,
        kind=MetricKind.DAILY_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="9052-2",
    ),
    # From 1, as bad as it gets, to 10, as good as it gets.
    Metric(key="mood", unit="points", units=("points",), minimum=1, maximum=10),
    # From 0, at rest, to 100, as watches give it.
    Metric(key="stress", unit="points", units=("points",), minimum=0, maximum=100, fresh_days=0.25),
)

CATALOGUE: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in _METRICS})
