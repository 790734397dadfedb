"""The section of `docs/accuracy.md` about unusual health values."""

from dataclasses import dataclass
from statistics import fmean

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.metrics.insight import judged

from .bodies import BODIES
from .earlier import judged_earlier
from .health import (
    HELD_OUT,
    RESTING_SHIFT,
    SHIFT_DAYS,
    SHIFT_SIGMAS,
    TRAINING,
    Judge,
    alarms_a_month,
    found_shifts,
)

PEOPLE = 24
# People of whom a metric is measured all day: their years take long.
WATCHED = 8
SHIFTS_PER_PERSON = 5
MOST_ALARMS = 1.0
SMALL_SIGMAS = 2.0
SMALL_DAYS = 7
# A rest day is no fall of exercise, and a height that is measured a few times a year is not judged.
NO_SHIFT = {("exercise_time", -1), ("height", 1), ("height", -1)}
(YEARS, SHIFTS), (YEARS_NOW, SHIFTS_NOW) = TRAINING, HELD_OUT
EXPLAINED = f"""\
Simulated healthy adults: {PEOPLE} years for each metric, {WATCHED} of what is measured all day
(a reading each half hour, judged every three hours). An *alarm* is a turn to *high* or *low*. A
*shift* raises or lowers all days from one day on by so many usual deviations of the person (on a
logarithmic scale for skewed metrics); it is found if it is called unusual within so many days with
a value. The goal is at most one alarm a month for each metric.

The rules were chosen on other people: healthy years of seed {YEARS}, shifts of seed {SHIFTS}.
The table shows the seeds {YEARS_NOW} and {SHIFTS_NOW}, and no rule was changed after it. *Earlier*
is the rule before this one on the same series (more than 3.5 times 1.4826 MAD from the median of 28
days); where it has more than one alarm a month, what it finds is no measure."""
SOURCES = """\
The deviation is that of a median person from day to day; that of others differs (the standard
deviation of its logarithm is 0.35, as of the blood pressure in Kato et al. 2010). What a source
does not say is assumed: the memory from one day to the next, missing days, seasons, the course of
a day."""
COLUMNS = (
    "metric",
    "alarms a month",
    "rises of 3 deviations found in 3 days",
    "falls",
    "rises of 2 deviations found in 7 days",
    "falls",
    "earlier: alarms a month",
    "rises of 3 deviations",
    "falls",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a rule does on one metric: alarms a month, and the found shares of rises and falls.

    `shifts`, `small`: rises and falls of three, and of two deviations; None where there is none.
    """

    alarms: float
    shifts: tuple[float | None, ...]
    small: tuple[float | None, ...]


def figures(
    key: str, seeds: tuple[int, int] = HELD_OUT, judge: Judge = judged, *, small: bool = True
) -> Figures:
    """Return what a rule does on one metric."""
    people = WATCHED if CATALOGUE[key].all_day else PEOPLE

    def found(sign: int, sigmas: float, within: int) -> float | None:
        if (key, sign) in NO_SHIFT:
            return None
        count = people * SHIFTS_PER_PERSON
        return found_shifts(
            key, count, seed=seeds[1], sign=sign, judge=judge, sigmas=sigmas, within=within
        )

    return Figures(
        alarms_a_month(key, people, seeds[0], judge),
        tuple(found(sign, SHIFT_SIGMAS, SHIFT_DAYS) for sign in (1, -1)),
        tuple(found(sign, SMALL_SIGMAS, SMALL_DAYS) for sign in (1, -1)) if small else (),
    )


def report() -> str:
    """Return the section of `docs/accuracy.md` about unusual health values, as markdown."""
    now = {key: figures(key) for key in CATALOGUE}
    before = {key: figures(key, judge=judged_earlier, small=False) for key in CATALOGUE}
    rows = [_row(key, now[key], before[key]) for key in CATALOGUE]
    alarms = [each.alarms for each in now.values()]
    shifts = [share for each in now.values() for share in each.shifts if share is not None]
    small = [share for each in now.values() for share in each.small if share is not None]
    fewer = [
        f"{_name(key)} {kind} ({one:.0%} for {other:.0%})"
        for key, each in before.items()
        if each.alarms <= MOST_ALARMS
        for kind, one, other in zip(("rises", "falls"), now[key].shifts, each.shifts, strict=True)
        if one is not None and other is not None and one < other
    ]
    training = [
        figures(key, TRAINING, small=False) for key in CATALOGUE if not CATALOGUE[key].all_day
    ]
    resting = found_shifts("resting_heart_rate", 300, by=RESTING_SHIFT)
    summary = (
        f"The highest rate is {max(alarms):.2f} alarms a month, the mean {fmean(alarms):.2f}. Of"
        f" shifts of three deviations {fmean(shifts):.0%} are found in three days, of two"
        f" {fmean(small):.0%} in seven. A resting pulse that is {RESTING_SHIFT:.0f} higher is found"
        f" in {resting:.0%}. On the series on which the rules were chosen, what is not measured all"
        f" day had at most {max(each.alarms for each in training):.2f} alarms a month. The earlier"
        f" rule found more of: {', '.join(fewer) or 'nothing'}."
    )
    return "\n".join(
        [
            "## Unusual health values",
            "",
            EXPLAINED,
            "",
            *_head(),
            *rows,
            "",
            summary,
            "",
            _sources(),
        ]
    )


def _head() -> tuple[str, str]:
    return f"| {' | '.join(COLUMNS)} |", f"| --- |{' ---: |' * (len(COLUMNS) - 1)}"


def _row(key: str, now: Figures, before: Figures) -> str:
    cells = [
        f"{now.alarms:.2f}",
        *map(_share, (*now.shifts, *now.small)),
        f"{before.alarms:.2f}",
        *map(_share, before.shifts),
    ]
    return f"| {_name(key)} | {' | '.join(cells)} |"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _name(key: str) -> str:
    return key.replace("_", " ")


def _sources() -> str:
    """Return the table of where the statistics come from, as markdown."""
    lines = [
        "### Where the statistics come from",
        "",
        SOURCES,
        "",
        "| metric | deviation | weekend | source |",
        "| --- | ---: | ---: | --- |",
    ]
    for key, body in BODIES.items():
        is_relative = body.share or body.log
        unit, scale = ("%", 100) if is_relative else (CATALOGUE[key].unit, 1)
        deviation, weekend = f"{scale * body.sd:g} {unit}", f"{scale * body.weekend:+g} {unit}"
        cells = (_name(key), deviation, weekend if body.weekend else "", body.source)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
