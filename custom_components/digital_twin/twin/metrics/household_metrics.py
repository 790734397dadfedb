"""Metrics by their names: those that a household defines, and what sensors and files call them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
import re
from types import MappingProxyType
from typing import Final

from ..catalogue import CATALOGUE, Metric
from ..enums import MetricKind
from ..errors import TwinError, fault, refuse
from ..records.fields import Context, ObjectReader
from ..records.naming import short_text
from ..records.parsers import LARGEST_AMOUNT, amount, as_text, option, whole_number
from ..values import PlainJson
from .units import alternatives, spelled

# The key in the options of the integration.
METRICS = "metrics"
PARTS = ("key", "name", "unit", "kind", "minimum", "maximum", "precision")
MAX_PRECISION = 6
# Keys are part of statistic ids, in which two underscores in a row are not allowed.
KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
MAX_KEY = 40
# The parsers of a metric do not use the time.
_CONTEXT = Context(now=datetime(1970, 1, 1, tzinfo=UTC), today=date(1970, 1, 1))


def define_metric(raw: object, known: Iterable[Metric] = (), used: Collection[str] = ()) -> Metric:
    """Parse a metric of the household: `{key, name, unit, kind, minimum?, maximum?, precision?}`.

    Without a bound every amount is possible; a daily total is never below zero.

    `known`: the present metrics of the household. `used`: the keys that have readings, whose unit
    and kind cannot be changed because the history is in that unit.

    Raises `TwinError` with every fault, among them `invalid_key`, `duplicate` for the key of a
    built-in metric and `metric_in_use`.
    """
    form = ObjectReader(raw, _CONTEXT)
    form.only(PARTS)
    unit = form.required("unit", _unit, "")
    kind = form.optional("kind", option(MetricKind), MetricKind.LEVEL)
    metric = Metric(
        key=form.required("key", _key, ""),
        name=form.required("name", short_text, ""),
        units=alternatives(unit),
        kind=kind,
        minimum=form.optional("minimum", amount, _least(kind)),
        maximum=form.optional("maximum", amount, LARGEST_AMOUNT),
        precision=form.optional("precision", whole_number(0, MAX_PRECISION), 0),
    )
    if metric.minimum > metric.maximum:
        form.add(
            fault(
                "out_of_range", "minimum", value=metric.minimum, minimum="", maximum=metric.maximum
            )
        )
    if kind is MetricKind.DAILY_TOTAL and metric.minimum < 0:
        form.add(fault("out_of_range", "minimum", value=metric.minimum, minimum=0, maximum=""))
    before = next((each for each in known if each.key == metric.key), None)
    if before is not None and metric.key in used:
        for part in ("unit", "kind"):
            if getattr(before, part) != getattr(metric, part):
                form.add(fault("metric_in_use", part, value=metric.key))
    form.raise_faults()
    return metric


def metric_document(metric: Metric) -> dict[str, PlainJson]:
    """Return a metric of the household as it is stored."""
    return {
        "key": metric.key,
        "name": metric.name,
        "unit": metric.unit,
        "kind": metric.kind.value,
        "minimum": metric.minimum,
        "maximum": metric.maximum,
        "precision": metric.precision,
    }


def own_bounds(metric: Metric) -> dict[str, float]:
    """Return the bounds (`minimum`, `maximum`) that the household gave a metric."""
    bounds = {"minimum": metric.minimum, "maximum": metric.maximum}
    open_ends = {"minimum": _least(metric.kind), "maximum": LARGEST_AMOUNT}
    return {name: bound for name, bound in bounds.items() if bound != open_ends[name]}


def household_metrics(documents: object) -> tuple[Metric, ...]:
    """Read the stored metrics of the household; damaged ones are skipped."""
    found: dict[str, Metric] = {}
    for document in documents if isinstance(documents, (list, tuple)) else ():
        try:
            metric = define_metric(document)
        except TwinError:
            continue
        found.setdefault(metric.key, metric)
    return tuple(found.values())


def whole_catalogue(own: Iterable[Metric]) -> Mapping[str, Metric]:
    """Return the built-in metrics and the household's own by key."""
    return MappingProxyType({**CATALOGUE, **{metric.key: metric for metric in own}})


def _least(kind: MetricKind) -> float:
    """Return the lower bound of a metric that has none of its own."""
    return 0.0 if kind is MetricKind.DAILY_TOTAL else -LARGEST_AMOUNT


def _key(value: object, _context: Context) -> str:
    key = as_text(value).strip()
    if len(key) > MAX_KEY or not KEY.fullmatch(key):
        raise refuse("invalid_key", "", value=value)
    if key in CATALOGUE:
        raise refuse("duplicate", "", value=key)
    return key


def _unit(value: object, context: Context) -> str:
    return spelled(short_text(value, context))


# NameWords in lowercase ASCII.
type NameWords = tuple[str, ...]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text, which spaces separate."""
    return frozenset(text.split())


# Of the metrics that the household did not make itself, how sensors are called; the longest phrase
# in a name counts. None: what sounds like a metric and is another quantity.
_PHRASES: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        "weight": "weight, body weight, body mass, mass, waga, masa ciala",
        "height": "height, body height, wzrost",
        "body_fat": "body fat, body fat percentage, body fat ratio, fat ratio, fat percentage",
        "muscle_mass": "muscle mass",
        "body_water": "body water, body water percentage, water percentage",
        "waist_circumference": "waist, waist circumference, obwod talii",
        "heart_rate": "heart rate, heart pulse, pulse, heartrate, tetno, puls",
        "resting_heart_rate": (
            "resting heart rate, heart rate resting, resting pulse, resting hr, rhr, "
            "tetno spoczynkowe"
        ),
        "heart_rate_variability": "heart rate variability, hrv, hrv rmssd, hrv sdnn, rmssd, sdnn",
        "systolic_blood_pressure": "systolic, systolic blood pressure, blood pressure systolic",
        "diastolic_blood_pressure": "diastolic, diastolic blood pressure, blood pressure diastolic",
        "oxygen_saturation": "oxygen saturation, blood oxygen, blood oxygen level, spo2, sp o2",
        "respiratory_rate": "respiratory rate, respiration rate, breathing rate, respiration",
        "body_temperature": "body temperature, temperatura ciala",
        "blood_glucose": "blood glucose, blood sugar, glucose, glucose value, blood glucose value",
        "vo2_max": "vo2 max, vo2max, vo2 maximum",
        "steps": (
            "steps, total steps, daily steps, steps today, steps daily, step count, steps count, "
            "daily step count, steps daily total, kroki"
        ),
        "distance": (
            "distance, daily distance, distance today, total distance, walking distance, "
            "distance walking running, walking running distance, distance walking running daily, "
            "walk distance"
        ),
        "active_energy": (
            "active energy, active energy burned, active calories, active kilocalories, "
            "active calories burned, active calories burnt"
        ),
        "exercise_time": "exercise time, exercise minutes, exercise duration",
        "sleep_duration": (
            "sleep duration, sleep time, total sleep, total sleep time, total sleep duration, "
            "time asleep, minutes asleep, sleep minutes asleep, sleep asleep, asleep, "
            "sleep total, dlugosc snu"
        ),
        "sleep_score": "sleep score",
        "hydration": "hydration, water intake, dietary water, fluid intake",
        "caffeine": "caffeine, caffeine intake, dietary caffeine",
        "energy_intake": (
            "energy intake, dietary energy, dietary energy consumed, calories consumed, "
            "consumed calories, consumed kilocalories, calories in, calorie intake"
        ),
        "mood": "mood, mood score, nastroj",
        "stress": "stress, stress level, stress score, poziom stresu",
        None: (
            "lean mass, lean body mass, bone mass, fat mass, fat free mass, body fat mass, "
            "body water mass, body cell mass, skeletal muscle mass, walking heart rate, "
            "heart rate recovery, heart rate reserve, heart rate zone, pulse wave, pulse pressure, "
            "pulse wave velocity, body mass index, steps distance, distance to, distance from, "
            "visceral fat, subcutaneous fat, basal body temperature, sleep heart rate, "
            "sleeping heart rate, walking steps length, step length"
        ),
    }
)
# What makes another value of a name: a target, a part, an aggregate, another time, a judgement.
_ANOTHER_VALUE: Final = word_set(
    """
    goal target ideal optimal recommended desired expected planned need debt deficit remaining
    average avg mean median minimum min lowest low maximum max highest high peak best record
    yesterday previous prior week weekly month monthly year yearly lifetime night nights 7d 30d
    deep rem light core awake restless restlessness bed nap latency efficiency onset interruptions
    baseline balance deviation delta change difference diff trend variation status qualifier
    category quality limit threshold alert alerts alarm warning predicted forecast estimated index
    age factor contributor contributors percentile zone pace speed cadence per length
    workout workouts activity session lap trip ride run race swim
    stabilized unstable real realtime raw impedance offset correction
    cel docelowa docelowe srednia srednie wczoraj tydzien maks
    """
)
# Of what the rest of a name speaks when it is no person that is measured.
_NO_PERSON: Final = word_set(
    """
    cat dog pet kitten puppy rabbit horse plant tree baby
    car vehicle odometer mileage bike bicycle ebike scooter motorcycle truck tire
    desk table chair seat mattress blind cover cot
    luggage suitcase package parcel printer filament spool vacuum mower robot fridge freezer tank
    litter feeder bowl keg beer hive room door window pump boiler washer dishwasher
    """
)
# Per metric, further words that make another value.
_ALSO_ANOTHER: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "heart_rate": frozenset({"sleep", "walking", "exercise", "overnight", "nightly"}),
        "body_temperature": frozenset({"sleep", "skin", "wrist", "basal"}),
        "distance": frozenset({"home", "work", "zone", "proximity", "cycling", "swimming"}),
        "hydration": frozenset({"sweat", "skin", "loss"}),
        "stress": frozenset({"duration", "time", "percentage", "rest", "medium", "total"}),
        "sleep_duration": frozenset({"score"}),
    }
)
_METRICS_BY_PHRASE: Final[Mapping[NameWords, str | None]] = MappingProxyType(
    {
        tuple(phrase.split()): metric
        for metric, phrases in _PHRASES.items()
        for phrase in phrases.split(", ")
    }
)
_LONGEST: Final = max(map(len, _METRICS_BY_PHRASE))


def metric_in(
    words: NameWords, catalogue: Mapping[str, Metric]
) -> tuple[str | None, NameWords] | None:
    """Return the metric that the longest phrase in a text names, and the phrase.

    Of phrases of one length the last counts: `sleep_heart_rate` is a heart rate.
    """
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            phrase = words[start : start + length]
            if phrase in _METRICS_BY_PHRASE:
                metric = _METRICS_BY_PHRASE[phrase]
                if metric is None or metric in catalogue:
                    return metric, phrase
            # The household's own metrics are called as they are.
            if (key := "_".join(phrase)) in catalogue and key not in _PHRASES:
                return key, phrase
    return None


def means_another(
    words: NameWords, metric: str, phrase: NameWords, catalogue: Mapping[str, Metric]
) -> bool:
    """Return whether a text says that it is another value than that of the metric.

    `phrase` is what names the metric in another text of the same sensor.
    """
    found = metric_in(words, catalogue)
    if found is not None and found[0] != metric:
        return True
    inner = found[1] if found else phrase
    rest = [word for word in words if word not in inner]
    another = _ANOTHER_VALUE | _NO_PERSON | _ALSO_ANOTHER.get(metric, frozenset())
    return not another.isdisjoint(rest)
