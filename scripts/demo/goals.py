"""The goals of the demo home that are not written in its goals folder.

All days are relative to the day on which the demo home is furnished: `300` is so many days before
it, `-60` so many days after it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from .client import Json

type Daily = Callable[[str, int], float]


@dataclass(frozen=True, slots=True)
class Step:
    """What was done for a goal so many days ago: the fields of `update_goal_progress`."""

    ago: int
    update: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A goal: what it is created with, what was done, oldest first, and what it became.

    `owner` is the name of a person, None for a goal of the household. `waits_for` are codes.
    `follows` are metrics of the owner by the key of the key result that follows them from now on.
    """

    code: str
    name: str
    owner: str | None = None
    fields: Json
    steps: list[Step]
    becomes: Json = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)


def plans(today: date, daily: Daily) -> Iterator[Plan]:
    """Yield the goals.

    Args:
        today: The day on which the demo home is furnished.
        daily: Returns a metric of Anna so many days ago, by its key.
    """

    def day(ago: int) -> str:
        return (today - timedelta(days=ago)).isoformat()

    yield from _running(day, daily)
    yield from _of_jan(day)
    yield from _of_the_household(day)
    read = (296, 283, 271, 254, 243, 226, 208, 203, 189, 172, 160, 141, 127, 118, 101, 88, 70, 52)
    yield Plan(
        code="G11",
        name="Twenty-four books",
        owner="Anna",
        fields={
            "description": "Two a month, at least one of them in Norwegian.",
            **_dates(day, 300, -65),
            "progress_metrics": [
                {"key": "read", "name": "Read", "kind": "accumulate", "unit": "books", "target": 24}
            ],
            "milestones": [{"name": "Half of them", "date": day(118), "progress": 50}],
        },
        steps=[Step(ago, _more("read", 1)) for ago in (*read, 37, 22, 9)],
    )


def _running(day: Callable[[int], str], daily: Daily) -> Iterator[Plan]:
    """Yield what Anna runs for: four goals of which each waits for the one before, and a pulse."""
    weeks = range(300, 6, -7)
    yield Plan(
        code="G01",
        name="Lower resting pulse",
        owner="Anna",
        fields={
            "description": "Three easy runs a week until the pulse in the morning is below 58.",
            **_dates(day, 301, -160),
            "progress_metrics": [
                {
                    "key": "pulse",
                    "name": "Resting pulse",
                    "kind": "reach",
                    "unit": "bpm",
                    "baseline": 67,
                    "target": 58,
                    "weight": 3,
                },
                {
                    "key": "preparation",
                    "name": "Preparation",
                    "kind": "checklist",
                    "items": ["Buy running shoes", "Find a running partner", "Book a check-up"],
                },
            ],
        },
        steps=sorted(
            [
                *(Step(ago, _value("pulse", daily("resting_heart_rate", ago))) for ago in weeks),
                Step(290, _done("preparation", "Buy running shoes")),
                Step(205, _done("preparation", "Find a running partner")),
            ],
            key=lambda step: -step.ago,
        ),
        follows={"pulse": "resting_heart_rate"},
    )
    yield Plan(
        code="G08",
        name="Five kilometres without a break",
        owner="Anna",
        fields={
            **_dates(day, 426, 330),
            "progress_metrics": [_way("distance", "In one go", "km", 1, 5)],
        },
        steps=_course(
            "distance",
            (420, 412, 405, 398, 391, 383, 377, 370, 362, 356, 349, 344, 338),
            (1.2, 1.5, 1.5, 2, 2.2, 2.6, 2.5, 3, 3.4, 3.8, 4.1, 4.5, 5),
        ),
        becomes={"status": "completed", "completed_on": day(338)},
    )
    times = (
        *(72, 71.2, 70.6, 70, 69.2, 68.5, 68.1, 67.3, 67, 66.2),
        *(65.9, 65.4, 64.9, 64.6, 64.1, 63.8, 63.4, 63),
    )
    yield Plan(
        code="G09",
        name="Ten kilometres under an hour",
        owner="Anna",
        fields={
            "description": "On the flat lap around the lake, measured with the watch.",
            **_dates(day, 200, -50),
            "progress_metrics": [_way("time", "Time for ten kilometres", "min", 72, 60)],
            "milestones": [
                {"name": "Under 69 minutes", "date": day(120), "progress": 25},
                {"name": "Under 62 minutes", "date": day(-5), "progress": 83.3},
            ],
        },
        steps=_course("time", range(190, 190 - 11 * len(times), -11), times),
        waits_for=("G08",),
    )
    yield Plan(
        code="G02",
        name="Half marathon",
        owner="Anna",
        fields={
            "description": "Run it, and enjoy it.",
            **_dates(day, 90, -170),
            "progress_metrics": [_way("longest_run", "Longest run", "km", 5, 21.1)],
            "milestones": [
                {"name": "Ten kilometres", "date": day(35), "progress": 31},
                {"name": "Fifteen kilometres", "date": day(-90), "progress": 62},
            ],
        },
        steps=_course("longest_run", (86, 71, 58, 43, 30, 16), (6, 7.5, 8, 9.5, 11, 11.5)),
        waits_for=("G01", "G09"),
    )
    yield Plan(
        code="G10",
        name="Marathon in Kraków",
        owner="Anna",
        fields={
            "target_date": day(-515),
            "status": "planning",
            "progress_metrics": [_way("longest_run", "Longest run", "km", 21.1, 42.2)],
        },
        steps=[],
        waits_for=("G02",),
    )


def _of_jan(day: Callable[[int], str]) -> Iterator[Plan]:
    saved = (900, 900, 900, 900, 700, 900, 900, 1000, 900, 400, 900, 1100, 1000, 1000)
    yield Plan(
        code="G03",
        name="Emergency fund",
        owner="Jan",
        fields={
            "description": "Three months without a salary should be no catastrophe.",
            **_dates(day, 410, -250),
            "progress_metrics": [
                {
                    "key": "savings",
                    "name": "Savings",
                    "kind": "accumulate",
                    "unit": "PLN",
                    "target": 20_000,
                }
            ],
            "milestones": [{"name": "Half of it", "date": day(80), "progress": 50}],
        },
        steps=[
            Step(400 - 30 * month, _more("savings", amount)) for month, amount in enumerate(saved)
        ],
    )
    lessons = {
        "Medical examination": 216,
        "Theory course": 196,
        "Theory exam": 158,
        "Ten hours on the road": 104,
        "Twenty hours on the road": 41,
    }
    yield Plan(
        code="G12",
        name="Motorcycle licence",
        owner="Jan",
        fields={
            **_dates(day, 240, 19),
            "progress_metrics": [
                _checklist("steps", "Steps", [*lessons, "Practical exam", "Collect the licence"])
            ],
        },
        steps=[Step(ago, _done("steps", item)) for item, ago in lessons.items()],
    )
    metres = (100, 150, 200, 250, 300, 300, 400, 450, 450, 500, 600, 650, 700, 800, 900, 1000)
    yield Plan(
        code="G16",
        name="Swim a kilometre",
        owner="Jan",
        fields={
            **_dates(day, 200, 60),
            "progress_metrics": [_way("swum", "Without a pause", "m", 50, 1000)],
        },
        steps=_course("swum", range(195, 195 - 8 * len(metres), -8), metres),
        becomes={"status": "completed", "completed_on": day(195 - 8 * (len(metres) - 1))},
    )


def _of_the_household(day: Callable[[int], str]) -> Iterator[Plan]:
    yield Plan(
        code="G04",
        name="Quiet house",
        fields={
            "description": "A goal of the whole household: nobody owns it.",
            **_dates(day, 200, -100),
            "progress_metrics": [
                _checklist(
                    "windows",
                    "Seal the windows",
                    ["Bedroom", "Living room", "Office", "Kitchen", "Bathroom", "Hallway"],
                )
            ],
        },
        steps=[Step(151, _done("windows", "Bedroom")), Step(124, _done("windows", "Living room"))],
        becomes={"status": "on_hold"},
    )
    # A circle that a person makes by mistake: each waits for the other.
    items = [
        {"name": "Service and cleaning", "due": day(40)},
        {"name": "Papers and winter tyres", "due": day(20)},
        {"name": "Advertisement with pictures", "due": day(6)},
        {"name": "Hand over the keys", "due": day(-30)},
    ]
    yield Plan(
        code="G13",
        name="Sell the old car",
        fields={
            **_dates(day, 60, -30),
            "progress_metrics": [_checklist("steps", "Steps", items)],
        },
        steps=[
            Step(38, _done("steps", "Service and cleaning")),
            Step(15, _done("steps", "Papers and winter tyres")),
        ],
        waits_for=("G14",),
    )
    yield Plan(
        code="G14",
        name="Electric car",
        fields={
            "description": "Small, second-hand, and charged from the socket in the garden.",
            **_dates(day, 510, -120),
            "progress_metrics": [
                {
                    "key": "saved",
                    "name": "Saved for it",
                    "kind": "accumulate",
                    "unit": "PLN",
                    "target": 48_000,
                }
            ],
            "milestones": [
                {"name": "Test drives", "date": day(-3), "progress": 80},
                {"name": "Order", "date": day(-75), "progress": 92},
            ],
        },
        steps=[Step(500 - 30 * month, _more("saved", 2300)) for month in range(17)],
        waits_for=("G13",),
    )
    works = {
        "Compare three offers": 548,
        "Apply for the subsidy": 531,
        "Clear out the attic": 470,
        "Insulate the roof": 431,
        "Lay the floor": 412,
        "Final inspection": 398,
    }
    yield Plan(
        code="G15",
        name="Insulate the attic",
        fields={
            "description": "A tenth less gas, and no more ice on the inside of the skylight.",
            **_dates(day, 570, 380),
            "progress_metrics": [_checklist("works", "Works", [*works])],
        },
        steps=[Step(ago, _done("works", item)) for item, ago in works.items()],
        becomes={"status": "completed", "completed_on": day(398)},
    )


def _dates(day: Callable[[int], str], start: int, target: int) -> Json:
    return {"start_date": day(start), "target_date": day(target), "status": "active"}


def _way(key: str, name: str, unit: str, baseline: float, target: float) -> Json:
    parts: Json = {"key": key, "name": name, "kind": "reach", "unit": unit}
    return parts | {"baseline": baseline, "target": target}


def _checklist(key: str, name: str, items: list[str] | list[Json]) -> Json:
    return {"key": key, "name": name, "kind": "checklist", "items": items}


def _course(key: str, days: Iterable[int], values: Iterable[float]) -> list[Step]:
    return [Step(ago, _value(key, value)) for ago, value in zip(days, values, strict=True)]


def _value(key: str, value: float) -> Json:
    return {"key_result": key, "value": value}


def _more(key: str, amount: float) -> Json:
    return {"key_result": key, "increment": amount}


def _done(key: str, item: str) -> Json:
    return {"key_result": key, "item": item}
