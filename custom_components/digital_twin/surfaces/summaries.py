"""Summaries of twins for assistants: the few facts that a question needs.

They are made of the documents that the caller may read. Percentages are texts; values of metrics
have the units in which the household sees them. What is not known is left out.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from statistics import fmean
from typing import Any, Final, cast

from ..commands import people, twins
from ..commands.access import Actor
from ..engine.documents import Document
from ..engine.health.sources import shown_unit
from ..twin.enums import Disclosure
from ..twin.goals.goal import GOAL, Goal
from ..twin.home.home import HOME
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.units import convert_unit

# Paces that need attention, the worst first.
TROUBLE: Final = ("overdue", "at_risk", "stalled", "behind", "unreliable", "blocked")
LOWEST_BATTERIES: Final = 5
LISTED_DAYS: Final = 7
ITEMS: Final = 8
MONTH: Final = timedelta(days=30)


def household_summary(actor: Actor) -> Document:
    """Return the homes with their troubles, the people, and the goals that need attention."""
    found = twins.list_documents(actor, GOAL.name)
    trouble = [each for each in found if str(each.get("pace")) in TROUBLE]
    trouble.sort(key=lambda each: TROUBLE.index(str(each["pace"])))
    return {
        "today": actor.registry.context().today.isoformat(),
        "homes": [_home(each) for each in twins.list_documents(actor, HOME.name)],
        "people": [_person(actor, each) for each in twins.list_documents(actor, PERSON.name)],
        "goals_need_attention": [goal_line(actor, each) for each in trouble],
        "other_active_goals": [
            f"{each['goal_code']} {each['name']}: {_percent(each['progress'])}"
            for each in found
            if each["status"] == "Active" and str(each.get("pace")) not in TROUBLE
        ],
    }


def home_summary(actor: Actor, home_id: str | None = None) -> Document:
    """Return a home, by default all, with climate, batteries, and what is offline."""
    homes = twins.list_documents(actor, HOME.name)
    wanted = [each for each in homes if home_id in (None, each["home_id"])]
    return {"homes": [_home(each) | _house(each) for each in wanted]}


def person_summary(actor: Actor, person: Person) -> Document:
    """Return a person with all metrics and active goals."""
    document = twins.document_of_kind(actor, PERSON.name, person.person_id, "person")
    metrics = cast("Mapping[str, Document]", document["metrics"])
    active = twins.list_documents(actor, GOAL.name, {"status": "Active"})
    return _known(
        {
            **_person(actor, document),
            **{key: document[key] for key in ("age", "bmi", "bmr", "daily_energy_need")},
            "metrics": [_metric(actor, person, key, one) for key, one in metrics.items()],
            "goals": [
                goal_line(actor, each)
                for each in active
                if each["owner_person_id"] == person.person_id
            ],
        }
    )


def metric_summary(actor: Actor, person: Person, key: str) -> Document:
    """Return a metric of a person: the last days, and means of weeks and months to compare.

    Of one that assistants may not know exactly it is the band or the trend. Raises `TwinError`
    (`unknown_metric`), and `NotPermittedError` for one of which they may know nothing.
    """
    document = twins.document_of_kind(actor, PERSON.name, person.person_id, "person")
    views = cast("Mapping[str, Document]", document["metrics"])
    if key in views and views[key]["told"] != Disclosure.EXACT:
        return {"name": person.name, **_metric(actor, person, key, views[key])}
    context = actor.registry.context()
    today = context.days_of(person.person_id).day_of(context.now)
    known = people.daily_history(actor, person.person_id, key)
    days = {
        date.fromisoformat(str(each["day"])): cast("float", each["value"])
        for each in cast("list[Document]", known["days"])
    }
    metric = str(known["metric"])
    shown = _Shown(actor, person, metric)

    def mean(first: date, last: date) -> float | None:
        values = [value for day, value in days.items() if first <= day <= last]
        return shown.value(fmean(values)) if values else None

    this_month = today.replace(day=1)
    end = this_month - timedelta(days=1)
    return _known(
        {
            "name": person.name,
            **(_metric(actor, person, metric, views[metric]) if metric in views else {}),
            "mean_last_30_days": mean(today - MONTH + timedelta(days=1), today),
            "mean_30_days_before": mean(today - 2 * MONTH + timedelta(days=1), today - MONTH),
            "mean_this_month": mean(this_month, today),
            "mean_last_month": mean(end.replace(day=1), end),
            "last_days": {
                day.isoformat(): shown.value(days[day]) for day in sorted(days)[-LISTED_DAYS:]
            },
        }
    )


def goals_summary(actor: Actor, status: str = "active") -> Document:
    """Return the goals of a status, of all for `all`; each in some words."""
    found = twins.list_documents(actor, GOAL.name)
    wanted = status.casefold().replace("_", " ")
    return {
        "goals": [
            goal_line(actor, each)
            for each in found
            if wanted in ("all", str(each["status"]).casefold())
        ]
    }


def goal_summary(actor: Actor, goal: Goal) -> Document:
    """Return a goal with its key results, open items, next milestone and forecast."""
    document = twins.document_of_kind(actor, GOAL.name, goal.goal_id, "goal")
    key_results = cast("list[Document]", document["progress_metrics"])
    forecast = cast("Document", document["forecast"])
    return _known(
        {
            **goal_line(actor, document),
            "start_date": document["start_date"],
            "forecast": _known({name: forecast.get(name) for name in ("finish", "early", "late")}),
            "next_milestone": document["next_milestone"],
            "blocked_by": [_code(actor, key) for key in cast("list[str]", document["blocked_by"])],
            "others_wait": [_code(actor, key) for key in cast("list[str]", document["dependents"])],
            "key_results": [_key_result(each) for each in key_results],
            "to_do": _open_items(key_results),
        }
    )


def metric_line(actor: Actor, person: Person, key: str) -> Document:
    """Return the present value of a metric with what is usual; nothing without a reading."""
    document = twins.document_of_kind(actor, PERSON.name, person.person_id, "person")
    view = cast("Mapping[str, Document]", document["metrics"]).get(key)
    return _metric(actor, person, key, view) if view else {}


def _home(document: Document) -> Document:
    operational = cast("Document", document.get("operational") or {})
    causes = cast("list[Document]", operational.get("causes") or [])
    return _known(
        {
            "name": document["name"],
            "status": document.get("operational_status"),
            "causes": [
                _known({key: each[key] for key in ("cause", "severity", "name", "area", "since")})
                for each in causes
            ],
            "occupancy": document.get("occupancy_status"),
            "next_battery": document.get("next_battery"),
        }
    )


def _house(document: Document) -> Document:
    occupancy = cast("Document", document.get("occupancy") or {})
    evidence = cast("list[Document]", occupancy.get("evidence") or [])
    devices = cast("list[Document]", document.get("device_inventory") or [])
    return _known(
        {
            "evidence": [f"{each['name']}: {each['standing']}" for each in evidence],
            "climate": _climate(cast("Document", document.get("environmental_data") or {})),
            "offline": [each["name"] for each in devices if each["status"] == "offline"],
            "batteries": _batteries(devices),
            "updates": [each["name"] for each in devices if each["update_available"]],
        }
    )


def _climate(environment: Document) -> list[Document]:
    """Return the values of the home and of each area as `23.4 °C`, by quantity."""
    areas = cast("list[Document]", environment.get("areas") or [])
    places: list[Document] = [{"name": "home", **environment}, *areas]
    return [
        {"place": place["name"], **values}
        for place in places
        if (
            values := {
                quantity: f"{part['value']} {part['unit'] or ''}".strip()
                for quantity, part in place.items()
                if isinstance(part, dict) and part.get("value") is not None
            }
        )
    ]


def _batteries(devices: Iterable[Document]) -> list[Document]:
    """Return the batteries that are empty next."""
    known = [each for each in devices if each["battery"] is not None]
    known.sort(key=lambda each: (_or(each["battery_days_left"], 10_000), _or(each["battery"], 0)))
    return [
        _known(
            {
                "name": each["name"],
                "level": each["battery"],
                "days_left": each["battery_days_left"],
                "low": each["battery_low"] or None,
            }
        )
        for each in known[:LOWEST_BATTERIES]
    ]


def _person(actor: Actor, document: Document) -> Document:
    metrics = cast("Mapping[str, Document]", document.get("metrics") or {})
    readiness = cast("Document", document.get("readiness") or {})
    summary = cast("Document", document.get("goals_progress") or {})
    home = actor.registry.homes.get(str(document.get("current_location_id")))
    return _known(
        {
            "name": document["name"],
            "at": home.name if home else None,
            "readiness": readiness.get("score"),
            "unusual": [
                f"{key}: {one['direction']}" for key, one in metrics.items() if one["anomaly"]
            ],
            "stale": [key for key, one in metrics.items() if not one["fresh"]],
            "mean_progress": summary.get("mean_progress"),
        }
    )


def _metric(actor: Actor, person: Person, key: str, view: Document) -> Document:
    if view["told"] != Disclosure.EXACT:
        return _known(
            {
                "metric": key,
                "day": view["day"],
                "told": view["told"],
                "band": view["band"],
                "trend": view["trend"],
                "stale": None if view["fresh"] else True,
            }
        )
    usual = cast("Document | None", view["baseline"])
    shown = _Shown(actor, person, key)
    return _known(
        {
            "metric": key,
            "value": shown.value(view["value"]),
            "unit": shown.unit,
            "day": view["day"],
            "usual": shown.value(usual["median"]) if usual else None,
            "mean_7_days": shown.value(view["mean_7_days"]),
            "trend_per_week": shown.change(view["trend_per_week"]),
            "unusual": view["direction"] if view["anomaly"] else None,
            "stale": None if view["fresh"] else True,
        }
    )


class _Shown:
    """Converts values of a metric into the unit in which the household sees them."""

    def __init__(self, actor: Actor, person: Person, key: str) -> None:
        self._metric = actor.registry.catalogue[key]
        self.unit = shown_unit(actor.hass, person, self._metric)

    def value(self, value: object) -> float | None:
        if not isinstance(value, int | float):
            return None
        found = convert_unit(value, self._metric.unit, self.unit)
        return round(found, self._metric.precision)

    def change(self, value: object) -> float | None:
        """Convert a difference of two values: no zero of a scale counts."""
        if not isinstance(value, int | float):
            return None
        found = convert_unit(value, self._metric.unit, self.unit)
        found -= convert_unit(0, self._metric.unit, self.unit)
        return round(found, self._metric.precision)


def goal_line(actor: Actor, document: Document) -> Document:
    """Return what a goal is, its progress, its pace and why.

    The reason is left out where it names a goal that the caller may not read.
    """
    goal_id, goals = str(document["goal_id"]), actor.registry.goals
    blockers = (
        cast("list[str]", document["blocked_by"]) if document.get("pace") == "blocked" else []
    )
    is_told = all(key in goals and actor.access.may_read(goals[key]) for key in blockers)
    owner = actor.registry.persons.get(str(document["owner_person_id"]))
    return _known(
        {
            "code": document["goal_code"],
            "name": document["name"],
            "owner": owner.name if owner else None,
            "status": document["status"],
            "progress": _percent(document["progress"]),
            "pace": document.get("pace"),
            "why": (
                actor.runtime.assessments.why(goal_id, actor.household_audiences)
                if is_told
                else None
            ),
            "target_date": document["target_date"],
        }
    )


def _key_result(document: Document) -> Document:
    items = cast("list[Document]", document.get("items") or [])
    done = sum(each["state"] == "done" for each in items)
    return _known(
        {
            "key": document["key"],
            "name": document["name"],
            "current": f"{done} of {len(items)}" if items else document.get("current"),
            "baseline": document.get("baseline"),
            "target": document.get("target"),
            "unit": document.get("unit"),
        }
    )


def _open_items(key_results: Iterable[Document]) -> list[str]:
    """Return the next open items of checklists, the first due first."""
    items = [
        each
        for one in key_results
        for each in cast("list[Document]", one.get("items") or [])
        if each["state"] != "done"
    ]
    items.sort(key=lambda each: str(each.get("due") or "9999"))
    return [
        f"{each['name']} (due {each['due']})" if each.get("due") else str(each["name"])
        for each in items[:ITEMS]
    ]


def _code(actor: Actor, goal_id: str) -> str:
    goal = actor.registry.goals.get(goal_id)
    return f"{goal.goal_code} {goal.name}" if goal and actor.access.may_read(goal) else "?"


def _percent(value: object) -> str | None:
    return f"{value:.0f}%" if isinstance(value, int | float) else None


def _or(value: object, otherwise: float) -> float:
    return value if isinstance(value, int | float) else otherwise


def _known(document: Mapping[str, Any]) -> Document:
    """Leave out what is not known, and lists without anything."""
    return {key: part for key, part in document.items() if part not in (None, [], {})}
