"""What the judgements are known not to see, in plain words."""

from typing import Final

KNOWN: Final = (
    (
        "The end of a goal goes faster or slower than all before it (*rush*, *crawl*)",
        "no history tells it",
        "half of such finishes (*rush*), or three of ten (*crawl*), lie outside of the bounds",
    ),
    (
        "A pause of a month or two that never was before (*long pauses*)",
        "likewise",
        "one in five finishes comes later than *late*",
    ),
    (
        "Long nothing, then quickly (*late start*)",
        "the slow weeks are all that is known",
        "the forecast says that it is wide, and is much too late until some weeks went quickly",
    ),
    (
        "Milestones, and bursts every other week",
        "a few changes tell little",
        "nearly all forecasts say that they are wide",
    ),
    (
        "A household that always plans too short",
        "planned days are taken as planned, with a spread in both directions",
        "goals that have not begun end later than *late* more often than one in ten times",
    ),
    (
        "A lithium cell before its knee",
        "its level hardly falls for most of its life",
        "it has no date, or one that says that it is wide and lies far too late",
    ),
    (
        "A battery in the cold, or that is used more or less than before",
        "the seasons and habits of a device are not known",
        "more than a quarter of the days come later than *late*",
    ),
    (
        "A small battery on a solar cell, without a sensor that tells that it is charged",
        "a week of dark days looks like one that runs out",
        "it has a date on one day in seven",
    ),
    (
        "A slow change, such as a kilogram in two months",
        "what is usual moves with the person within four weeks",
        "it is not called unusual; the trend shows it",
    ),
    (
        "A metric that is far higher on some days of most weeks (*bursts*)",
        "such days are usual, and make the usual deviation larger",
        "a shift of three deviations of the other days is found in two thirds or less",
    ),
    (
        "A metric with gaps of weeks (*missing*)",
        "fewer than 14 of the last 28 days are known",
        "half of the shifts are not judged in three days",
    ),
    (
        "The first two weeks",
        "fewer than 14 days are known",
        "nothing is judged",
    ),
    (
        "Another way of life (shift work, a newborn child, an injury)",
        "it differs from the weeks before",
        "alarms in the first days, then it is usual",
    ),
    (
        "A menstrual cycle (temperature, resting pulse)",
        "it is not simulated, and the rules do not know it",
        "its second half may be called high",
    ),
    (
        "What was wrong from the first day on",
        "days are compared with those of the same person, never with norms",
        "it is never called unusual",
    ),
    (
        "A fall of exercise",
        "a day of rest is usual",
        "only rises are called unusual, as a rule",
    ),
    (
        "Illness, travel and devices that measure wrongly",
        "the simulated people are healthy, at home, and wear good watches",
        "real people have more alarms where these happen",
    ),
    (
        "Rows that are *assumed*",
        "no published statistic of days within a person was found",
        "their rates depend on a guess",
    ),
)


def table() -> str:
    """Return the section about them as markdown."""
    rows = "\n".join(f"| {' | '.join(row)} |" for row in KNOWN)
    return f"""## Known weaknesses

| what | why | what follows |
| --- | --- | --- |
{rows}
"""
