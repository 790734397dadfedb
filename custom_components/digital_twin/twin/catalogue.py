"""The catalogue of health metrics."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from types import MappingProxyType

from .enums import MetricKind


@dataclass(frozen=True, slots=True)
class Metric:
    """One health metric.

    `units`: the units accepted in input; the first is the canonical one, in which twins hold it.
    `minimum`, `maximum`: the range (canonical, inclusive) of possible values of human beings, not
    of healthy ones.
    `precision`: the number of decimals to display, in `suggested_unit` where there is one.
    `suggested_unit_us`: for households with US customary units, where Home Assistant does not
    choose such a unit by itself.
    `loinc`: the code in LOINC, None where no code has exactly this meaning.
    `fresh_days`: the days for which a level is up to date, None for ever; a daily total is up to
    date until its day is over.
    `episodes`: whether the value of a day is the sum of its episodes, each of which lasts as long
    as its value (in minutes) and ends when it is measured; otherwise the metric is a level.
    `all_day`: whether a level is measured all day, so that its days have a minimum, a median and a
    maximum. `peaks`: whether these extremes of a day are judged, too; a pulse has them by exercise.
    `weekly`: whether the days of a week differ by habit.
    `log_offset`: for skewed values, which are judged on the scale log(value + offset); values far
    below the offset (in the canonical unit) are much the same. None for a linear scale.
    `name`: the name that the household chose, None for the built-in metrics, which are translated.
    """

    key: str
    units: tuple[str, ...]
    minimum: float
    maximum: float
    precision: int = 0
    _: KW_ONLY
    kind: MetricKind = MetricKind.LEVEL
    device_class: str | None = None
    suggested_unit: str | None = None
    suggested_unit_us: str | None = None
    loinc: str | None = None
    fresh_days: float | None = 1.5
    episodes: bool = False
    all_day: bool = False
    peaks: bool = False
    weekly: bool = False
    log_offset: float | None = None
    name: str | None = None

    @property
    def unit(self) -> str:
        """The canonical unit."""
        return self.units[0]

    @property
    def adds_up(self) -> bool:
        """Whether readings add up over the person's day."""
        return self.kind is MetricKind.DAILY_TOTAL

    @property
    def sums(self) -> bool:
        """Whether the value of a day is a sum of its readings."""
        return self.adds_up or self.episodes


_BODY_MASS = ("kg", "g", "lb", "st", "oz")
_BODY_LENGTH = ("cm", "m", "mm", "in", "ft")
_PRESSURE = ("mmHg", "kPa")
_TIME = ("min", "h", "s")
_ENERGY = ("kcal", "kJ", "cal", "MJ", "Wh", "kWh")
_TOTAL = MetricKind.DAILY_TOTAL
_HOUR = 1 / 24
# A day more than the interval: a weekly measurement is not taken at the same hour each time.
_WEEKLY = 8
_MONTHLY = 32
# 25 h: the day on which DST ends.
_MINUTES_OF_A_DAY = 25 * 60

_METRICS = (
    Metric(
        "weight",
        _BODY_MASS,
        0.2,
        650,
        1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="29463-7",
        fresh_days=_WEEKLY,
    ),
    Metric(
        "height",
        _BODY_LENGTH,
        20,
        280,
        1,
        device_class="distance",
        loinc="8302-2",
        fresh_days=None,
    ),
    Metric("body_fat", ("%",), 1, 80, 1, loinc="41982-0", fresh_days=_WEEKLY),
    Metric(
        "muscle_mass",
        _BODY_MASS,
        0.05,
        200,
        1,
        device_class="weight",
        suggested_unit_us="lb",
        loinc="73964-9",
        fresh_days=_WEEKLY,
    ),
    Metric("body_water", ("%",), 20, 90, 1, fresh_days=_WEEKLY),
    Metric(
        "waist_circumference",
        _BODY_LENGTH,
        15,
        350,
        1,
        device_class="distance",
        loinc="8280-0",
        fresh_days=_MONTHLY,
    ),
    Metric(
        "heart_rate",
        ("bpm",),
        15,
        350,
        loinc="8867-4",
        fresh_days=_HOUR,
        all_day=True,
    ),
    Metric("resting_heart_rate", ("bpm",), 15, 220, loinc="40443-4", fresh_days=2),
    # No code: watches report RMSSD, phones SDNN, and each existing code is for one of them.
    Metric(
        "heart_rate_variability",
        ("ms", "s"),
        0,
        500,
        fresh_days=2,
        all_day=True,
        log_offset=1,
    ),
    Metric(
        "systolic_blood_pressure",
        _PRESSURE,
        30,
        370,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8480-6",
        fresh_days=_WEEKLY,
    ),
    Metric(
        "diastolic_blood_pressure",
        _PRESSURE,
        10,
        360,
        device_class="pressure",
        suggested_unit="mmHg",
        loinc="8462-4",
        fresh_days=_WEEKLY,
    ),
    Metric(
        "oxygen_saturation",
        ("%",),
        30,
        100,
        loinc="59408-5",
        fresh_days=1,
        all_day=True,
    ),
    Metric(
        "respiratory_rate",
        ("br/min",),
        2,
        120,
        1,
        loinc="9279-1",
        fresh_days=1,
        all_day=True,
    ),
    Metric(
        "body_temperature",
        ("°C", "°F", "K"),
        25,
        45,
        1,
        device_class="temperature",
        loinc="8310-5",
        fresh_days=0.5,
        all_day=True,
        peaks=True,
    ),
    Metric(
        "blood_glucose",
        ("mg/dL", "mmol/L"),
        5,
        2000,
        device_class="blood_glucose_concentration",
        loinc="2339-0",
        fresh_days=0.5,
        all_day=True,
        peaks=True,
        log_offset=1,
    ),
    Metric("vo2_max", ("mL/kg/min",), 5, 100, 1, loinc="94122-9", fresh_days=_MONTHLY),
    Metric(
        "steps",
        ("steps",),
        0,
        500_000,
        kind=_TOTAL,
        loinc="41950-7",
        weekly=True,
        log_offset=1000,
    ),
    # No code: each existing one is for a single way of moving.
    Metric(
        "distance",
        ("km", "m", "mi", "yd", "ft"),
        0,
        1500,
        2,
        kind=_TOTAL,
        device_class="distance",
        weekly=True,
        log_offset=0.7,
    ),
    Metric(
        "active_energy",
        _ENERGY,
        0,
        20_000,
        kind=_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="41981-2",
        weekly=True,
        log_offset=100,
    ),
    Metric(
        "exercise_time",
        _TIME,
        0,
        _MINUTES_OF_A_DAY,
        kind=_TOTAL,
        device_class="duration",
        suggested_unit="min",
        loinc="55411-3",
        weekly=True,
        log_offset=15,
    ),
    Metric(
        "sleep_duration",
        _TIME,
        0,
        _MINUTES_OF_A_DAY,
        2,
        device_class="duration",
        suggested_unit="h",
        loinc="93832-4",
        episodes=True,
        weekly=True,
    ),
    Metric(
        "sleep_score",
        ("points",),
        0,
        100,
        weekly=True,
    ),
    Metric(
        "hydration",
        ("mL", "L", "fl. oz.", "gal"),
        0,
        30_000,
        kind=_TOTAL,
        device_class="volume",
        loinc="9108-2",
        weekly=True,
        log_offset=250,
    ),
    Metric(
        "caffeine",
        ("mg", "g", "μg"),
        0,
        10_000,
        kind=_TOTAL,
        device_class="weight",
        loinc="80489-8",
        weekly=True,
        log_offset=50,
    ),
    Metric(
        "energy_intake",
        _ENERGY,
        0,
        30_000,
        kind=_TOTAL,
        device_class="energy",
        suggested_unit="kcal",
        loinc="9052-2",
        weekly=True,
        log_offset=250,
    ),
    # From 1 (worst) to 10 (best).
    Metric(
        "mood",
        ("points",),
        1,
        10,
        weekly=True,
    ),
    # From 0 (at rest) to 100, the scale of watches.
    Metric(
        "stress",
        ("points",),
        0,
        100,
        fresh_days=0.25,
        all_day=True,
        weekly=True,
    ),
)

CATALOGUE: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in _METRICS})
