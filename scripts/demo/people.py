"""Two years of the health of Anna and Jan, as their watches, scales and notes would have it.

Each value is what is usual for the person at that time, with the rhythm of the week, the season,
holidays and illness, and some chance. The same day on which the demo home is furnished gives the
same values.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
import math
from random import Random
from typing import Final, NamedTuple

from .custom_components.demo_home.diary import (
    ANNA,
    DAYS,
    JAN,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    Diary,
)

WATCH, SCALE, CUFF, NOTES = "watch", "scale", "cuff", "notes"
# What the quick entries of a person record, so that they add to it.
MANUAL: Final = "manual"
# The days on which all is measured, so that what is shown today is complete.
_LATEST_DAYS: Final = 4
# By person the days before the present one on which the watch was being repaired.
_REPAIR: Final = {ANNA: range(431, 439), JAN: range(0)}
# Nobody measures that twice.
_HEIGHT_AGO: Final = 390
# Shares of the days on which the watch is worn, and on which notes are written.
_WORN: Final = 0.97
_NOTED: Final = 0.88
# The scale sends its values by itself since so many days.
_SCALE_SINCE: Final = 200
# Notes are kept since so many days.
_NOTES_SINCE: Final = 470
# Beyond so many standard deviations a chance would be unusual.
_FARTHEST: Final = 2.2
# Closer to the present, chance is smaller.
_CALM: Final = 0.6
_CHRISTMAS: Final = (12, 27)
_GREY: Final = (11, 12)
_SUMMER: Final = (6, 7, 8)
# What is more on some days than on others.
_COFFEES, _SLEEP, _STEPS = "coffees", "sleep", "steps"
_SLEEPS_UNTIL: Final = {ANNA: (6.6, 8.3), JAN: (6.9, 8.8)}


class Reading(NamedTuple):
    """A measured value: `total` says that it is the whole of its day so far."""

    metric: str
    value: float
    unit: str
    at: datetime
    source: str
    total: bool = False


# Values by days before the present one, oldest first; between them they change evenly.
type Course = Sequence[tuple[int, float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """How somebody lives.

    `height` is in cm; `weight` (kg), `fat` (%), `pulse` (bpm), `variability` (ms), `systolic` and
    `diastolic` (mmHg) and `oxygen` (VO2 max, mL/kg/min) are courses; `sleep` (h), `score`, `steps`,
    `water` (mL), `coffees` and `mood` are what is usual. `runs`: the minutes of exercise by day of
    the week; `cycles`: those of the way to work in the warm months. `weighs`: the share of days on
    the scale. `falls_ill`: whether that happens today.

    What goes together: `coffee_sleep` is how many hours shorter the night after a coffee more than
    usual is, `sleep_mood` how much better a day after an hour more of sleep, and `steps_mood` one
    with many steps.
    """

    person: str
    height: float
    weight: Course
    fat: Course
    pulse: Course
    variability: Course
    systolic: Course
    diastolic: Course
    oxygen: Course
    sleep: float
    score: float
    steps: float
    water: float
    coffees: int
    mood: float
    runs: Mapping[int, int]
    cycles: int
    weighs: float
    falls_ill: bool
    coffee_sleep: float = 0.0
    sleep_mood: float = 0.0
    steps_mood: float = 0.0


PEOPLE: Final = {
    ANNA: Life(
        person=ANNA,
        height=170,
        weight=(
            *((730, 68.3), (600, 67.1), (520, 66.9), (430, 65.7), (340, 65.5), (260, 65.3)),
            *((150, 64.2), (60, 63.7), (0, 63.4)),
        ),
        fat=((730, 29.8), (430, 28.4), (260, 27.9), (0, 26.1)),
        pulse=(
            (730, 67.8),
            (450, 67),
            (330, 66.8),
            (250, 65.2),
            (120, 63.2),
            (50, 62.6),
            (0, 60.8),
        ),
        variability=((730, 43), (450, 45), (330, 46), (120, 53), (0, 56)),
        systolic=((730, 123), (330, 121), (0, 117)),
        diastolic=((730, 79), (330, 78), (0, 75)),
        oxygen=((730, 35.2), (330, 36.1), (120, 39.0), (0, 41.4)),
        sleep=7.1,
        score=79,
        steps=8200,
        water=1900,
        coffees=2,
        mood=7.1,
        runs={TUESDAY: 38, THURSDAY: 42, SATURDAY: 65},
        cycles=0,
        weighs=0.95,
        falls_ill=False,
        coffee_sleep=0.45,
        sleep_mood=2.6,
    ),
    JAN: Life(
        person=JAN,
        height=182,
        weight=(
            *((730, 86.2), (590, 87.3), (420, 85.9), (330, 85.0), (240, 85.2), (120, 83.9)),
            *((0, 83.2),),
        ),
        fat=((730, 25.4), (590, 26.1), (330, 24.9), (0, 23.6)),
        pulse=((730, 72.5), (590, 73.2), (420, 71.8), (250, 70.4), (0, 68.6)),
        variability=((730, 37), (420, 38), (0, 42)),
        systolic=((730, 136), (420, 133), (0, 128)),
        diastolic=((730, 87), (420, 85), (0, 82)),
        oxygen=((730, 36.0), (420, 36.4), (0, 38.9)),
        sleep=6.8,
        score=74,
        steps=6300,
        water=1600,
        coffees=3,
        mood=6.8,
        runs={SUNDAY: 45},
        cycles=34,
        weighs=0.9,
        falls_ill=True,
        steps_mood=0.8,
    ),
}


class _Day(NamedTuple):
    """A day of somebody: how many days ago, and what is special about it, from 0 to 1."""

    day: date
    ago: int
    life: Life
    flu: float
    holiday: bool
    at_desk: bool
    chance: Random

    @property
    def weekday(self) -> int:
        return self.day.weekday()

    @property
    def is_weekend(self) -> bool:
        return self.weekday >= SATURDAY

    def about(self, value: float, spread: float) -> float:
        """Return a value with some chance, less of it in the last days."""
        far = max(-_FARTHEST, min(_FARTHEST, self.chance.gauss()))
        return value + spread * far * (_CALM if self.ago < _LATEST_DAYS else 1.0)

    def more(self, what: str, spread: float, *, before: int = 0) -> float:
        """Return how much more of something than usual this day has, or one `before` it.

        Of the last days, and of their nights, nothing is special.
        """
        ago = self.ago + before
        chance = Random(f"{self.life.person}/{ago}/{what}")  # noqa: S311  # no secret
        far = max(-_FARTHEST, min(_FARTHEST, chance.gauss()))
        return 0.0 if self.ago < _LATEST_DAYS else spread * far

    def past(self, course: Course) -> float:
        """Return the value of a course on this day."""
        at = bisect_right(course, -self.ago, key=lambda point: -point[0])
        (before, low), (after, high) = course[max(0, at - 1)], course[min(at, len(course) - 1)]
        share = (before - self.ago) / (before - after) if before != after else 0.0
        return low + (high - low) * share


def readings(person: str, now: datetime, zone: tzinfo) -> list[Reading]:
    """Return the readings of two years, oldest first, up to `now` (aware).

    Days and hours are those of the zone. What nobody measures on every day is missing on some.
    """
    local = now.astimezone(zone)
    diary, life = Diary(local.date()), PEOPLE[person]
    measured = _at(diary.today - timedelta(days=_HEIGHT_AGO), 18, zone)
    found = [Reading("height", life.height, "cm", measured, MANUAL)]
    for ago in range(DAYS, -1, -1):
        day = diary.today - timedelta(days=ago)
        special = _Day(
            day=day,
            ago=ago,
            life=life,
            flu=diary.flu(person, day),
            holiday=diary.is_holiday(day),
            at_desk=diary.works_at_home(person, day),
            # Each day has its own chance: more or fewer values on one change no other.
            chance=Random(f"{person}/{ago}"),  # noqa: S311  # no secret
        )
        until = local.hour + local.minute / 60 if ago == 0 else 24.0
        found += (
            reading._replace(at=min(reading.at, now))
            for reading in _of_day(special, until, zone)
            if reading.at <= now or reading.total
        )
    return sorted(found, key=lambda reading: reading.at)


def _of_day(day: _Day, until: float, zone: tzinfo) -> Iterator[Reading]:
    """Yield the readings of a day, up to an hour of it."""
    wakes = _SLEEPS_UNTIL[day.life.person][day.is_weekend or day.holiday] + day.chance.random() / 2
    night, body, notes = list(_night(day)), list(_body(day)), list(_notes(day))
    moved = list(_moved(day, until))
    pressure = list(_pressure(day))
    is_latest = day.ago < _LATEST_DAYS
    is_repaired = day.ago in _REPAIR[day.life.person]
    has_watch = is_latest or (not is_repaired and day.chance.random() < _WORN)
    weighs = day.life.weighs * (1.0 if day.ago < _SCALE_SINCE else 0.7)
    is_weighed = is_latest or (not day.holiday and day.chance.random() < weighs)
    has_notes = is_latest or (day.ago < _NOTES_SINCE and day.chance.random() < _NOTED)
    for is_known, source, hour, parts in (
        (has_watch, WATCH, wakes, night),
        (is_weighed, SCALE, wakes + 0.2, body),
        (not day.holiday, CUFF, wakes + 1, pressure),
    ):
        if is_known:
            at = _at(day.day, hour, zone)
            yield from (Reading(metric, value, unit, at, source) for metric, value, unit in parts)
    if has_watch:
        at = _at(day.day, min(until, 23.6), zone)
        yield from (Reading(*part, at, WATCH, total=True) for part in moved)
    if has_notes:
        yield from (
            Reading(metric, value, unit, _at(day.day, hour, zone), source, total=total)
            for metric, value, unit, hour, source, total in notes
        )


def _at(day: date, hour: float, zone: tzinfo) -> datetime:
    midnight = datetime.combine(day, time(), zone)
    return midnight + timedelta(minutes=int(60 * hour))


type _Part = tuple[str, float, str]


def _night(day: _Day) -> Iterator[_Part]:
    life, flu, winter = day.life, day.flu, math.cos(2 * math.pi * day.day.timetuple().tm_yday / 365)
    falling = _falling_ill(day)
    pulse = day.past(life.pulse) + 9 * flu - 0.8 * day.holiday + 14 * falling
    # Saturday was an evening with friends.
    pulse += 1.4 * (day.weekday == SUNDAY and not flu)
    variability = day.past(life.variability) * math.exp(-0.4 * flu - 0.45 * falling)
    variability *= math.exp(day.about(0.03 * day.holiday - 0.05 * (day.weekday == SUNDAY), 0.09))
    sleep = life.sleep + 0.75 * day.is_weekend + 0.6 * day.holiday + 1.2 * flu - 1.1 * falling
    coffees = round(day.more(_COFFEES, 0.8, before=1))
    sleep = max(3.5, day.about(sleep + 0.12 * winter - life.coffee_sleep * coffees, 0.42))
    sleep = max(3.5, sleep + day.more(_SLEEP, 0.35))
    usual = life.sleep + 0.75 * day.is_weekend
    score = life.score + 5 * (sleep - usual) - 12 * flu - 16 * falling + 2 * day.holiday
    yield "resting_heart_rate", round(day.about(pulse, 1.0)), "bpm"
    yield "heart_rate_variability", round(variability), "ms"
    yield "sleep_duration", round(sleep, 2), "h"
    yield "sleep_score", max(25, min(98, round(day.about(score, 3.2)))), "points"
    if day.day.day == 1:
        yield "vo2_max", round(day.about(day.past(life.oxygen), 0.3), 1), "mL/kg/min"
    if life.falls_ill and max(flu, falling) > 0.5:  # noqa: PLR2004  # ill enough to measure it
        yield "body_temperature", round(37.2 + 1.3 * max(flu, 0.6 * falling), 1), "°C"


def _falling_ill(day: _Day) -> float:
    """Return how ill somebody is who falls ill today, from 0 to 1."""
    return {0: 1.0, 1: 0.35}.get(day.ago, 0.0) if day.life.falls_ill else 0.0


def _body(day: _Day) -> Iterator[_Part]:
    christmas = date(day.day.year - (day.day.month < 7), *_CHRISTMAS)  # noqa: PLR2004  # the last one
    passed = (day.day - christmas).days
    feast = math.exp(-passed / 25) if passed >= 0 else math.exp(passed / 6)
    # What is shown today is where the course ends.
    feast *= 1 - math.exp(-day.ago / 20)
    weekly = (0.25, 0.1, 0.0, -0.05, -0.15, 0.0, 0.15)[day.weekday]
    weight = day.past(day.life.weight) + 0.8 * feast + weekly - 0.6 * day.flu
    if day.ago:
        weight = day.about(weight, 0.28)
    yield "weight", round(weight, 1), "kg"
    yield "body_fat", round(day.about(day.past(day.life.fat) + 0.4 * feast, 0.3), 1), "%"


def _pressure(day: _Day) -> Iterator[_Part]:
    is_measured = day.weekday == SUNDAY or (day.life.falls_ill and day.weekday == THURSDAY)
    if is_measured:
        life = day.life
        yield "systolic_blood_pressure", round(day.about(day.past(life.systolic), 3.0)), "mmHg"
        yield "diastolic_blood_pressure", round(day.about(day.past(life.diastolic), 2.0)), "mmHg"


def _moved(day: _Day, until: float) -> Iterator[_Part]:
    life, warm = day.life, -math.cos(2 * math.pi * (day.day.timetuple().tm_yday - 20) / 365)
    share = share_of_day(until)
    well = 1 - 0.85 * day.flu
    runs = life.runs.get(day.weekday, 0) * (0.4 if day.holiday else 1.0)
    # The training became regular within the last year.
    runs *= 0.55 + 0.45 * max(0.0, 1 - day.ago / 330)
    if life.cycles and not day.is_weekend and not day.holiday and warm > -0.35:  # noqa: PLR2004  # no ice
        runs += life.cycles
    # On a tenth of the days, and while falling ill, something comes between.
    runs *= day.chance.random() > 0.1 and _falling_ill(day) < 0.3  # noqa: PLR2004
    exercise = max(0.0, day.about(runs + 12 + 25 * day.holiday, 5.0)) * well
    usual = life.steps * (1 + 0.08 * warm) * (0.82 if day.at_desk else 1.0)
    usual *= {SATURDAY: 1.25, SUNDAY: 1.05}.get(day.weekday, 1.0) * (1.65 if day.holiday else 1.0)
    steps = (usual + 45 * runs) * math.exp(day.about(0.0, 0.15) + day.more(_STEPS, 0.2)) * well
    distance = steps * 0.00073 + (0.16 * runs if life.cycles else 0.0)
    yield "steps", round(steps * share), "steps"
    yield "distance", round(distance * share, 2), "km"
    yield "exercise_time", round(exercise * share), "min"
    yield "active_energy", round((160 + 0.024 * steps + 6.5 * exercise) * share), "kcal"


def share_of_day(hour: float) -> float:
    """Return which part of what is moved on a day is behind somebody at an hour."""
    return max(0.0, min(1.0, (hour - 6.5) / 15.5))


def _notes(day: _Day) -> Iterator[tuple[str, float, str, float, str, bool]]:
    life = day.life
    glasses = life.water / 250 + (0.8 if day.day.month in _SUMMER else 0.0) - day.is_weekend * 0.8
    glasses = max(3, round(day.about(glasses + 1.5 * day.flu, 1.0)))
    coffees = max(0, round(day.about(life.coffees - 0.7 * day.is_weekend - 1.5 * day.flu, 0.5)))
    coffees = max(0, coffees + round(day.more(_COFFEES, 0.8)))
    mood = life.mood + 0.6 * day.is_weekend + 1.0 * day.holiday - 2.6 * day.flu
    # The end of the year is grey.
    mood -= 0.5 * (day.day.month in _GREY) + 2 * _falling_ill(day)
    mood += life.sleep_mood * day.more(_SLEEP, 0.35) + life.steps_mood * day.more(_STEPS, 1.0)
    mood = min(10, max(1, round(day.about(mood, 0.8))))
    yield "mood", mood, "points", 21.5, NOTES, False
    if day.ago:
        yield "hydration", 250 * (glasses + coffees), "mL", 23.0, NOTES, True
        yield "caffeine", 100 * coffees, "mg", 23.0, NOTES, True
        return
    for number in range(glasses):
        yield "hydration", 250, "mL", 7.5 + number * 13 / glasses, MANUAL, False
    for number in range(coffees):
        yield "caffeine", 100, "mg", 7.6 + 3.4 * number, MANUAL, False
        yield "hydration", 250, "mL", 7.6 + 3.4 * number, MANUAL, False
