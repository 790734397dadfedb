"""The whole documents of twins, the record and the derived values: as JSON and as Markdown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
import re
from types import MappingProxyType
from typing import Any, Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..twin.catalogue import Metric
from ..twin.enums import ActivityLevel, Gender, GoalStatus
from ..twin.goals.assessment import ASSESSMENT_PARTS, assessment_document
from ..twin.goals.goal import GOAL, Goal, progress_of, progress_summary
from ..twin.goals.pace import Pace
from ..twin.home.conditions import QUANTITIES
from ..twin.home.home import HOME, Home
from ..twin.metrics.history import MetricDay
from ..twin.metrics.readings import readings_document
from ..twin.people.health import HEALTH_PARTS, health_document
from ..twin.people.person import PERSON, Person
from ..twin.records.limits import (
    DAY,
    NUMBER,
    SCALARS,
    TEXT,
    TIME,
    TRUTH,
    UUID,
    WHOLE,
    Limits,
    by_name,
    limits_of,
    list_of,
    object_of,
    one_of,
    or_null,
)
from ..twin.records.parsers import GEO_JSON
from ..twin.values import PlainJson
from .core.readings import AcceptedReadings
from .core.registry import KINDS
from .health.sources import person_health
from .home.view import HOME_PARTS
from .runtime import Runtime

type Document = dict[str, PlainJson]

READING_PART: Final = object_of(value=NUMBER, unit=TEXT, measured_at=TIME, source=TEXT)
GOAL_LINE: Final = object_of(
    name=TEXT,
    status=one_of(GoalStatus),
    progress=or_null(NUMBER),
    pace=one_of(Pace, nullable=True),
)
# Parts of records that documents spell in one way, whatever input may look like.
RENDERED: Final[Mapping[str, Limits]] = MappingProxyType(
    {
        "activity_level": one_of(ActivityLevel),
        "gender": one_of(Gender),
        "status": one_of(GoalStatus),
        "location_coordinates": GEO_JSON,
        "health_metrics": by_name(READING_PART),
        "metric_sources": by_name(
            list_of(object_of(entity=TEXT, attribute=or_null(TEXT), unit=or_null(TEXT)))
        ),
    }
)
# The derived parts of documents, which are no fields of the record, by kind.
DERIVED: Final[Mapping[str, Mapping[str, Limits]]] = MappingProxyType(
    {
        PERSON.name: {
            **HEALTH_PARTS,
            "goals_progress": object_of(
                counts=object_of(**dict.fromkeys(GoalStatus, WHOLE)),
                mean_progress=or_null(NUMBER),
                goals=by_name(GOAL_LINE),
            ),
        },
        HOME.name: HOME_PARTS,
        GOAL.name: {
            **ASSESSMENT_PARTS,
            "critical_path": list_of(UUID),
            "dependents": list_of(UUID),
            "cycle": list_of(UUID),
        },
    }
)

# Parts of a key result that hold values of the metric that it follows.
MEASURED: Final = ("baseline", "current", "days", "measured_at")


def twin_document(runtime: Runtime, kind: str, twin_id: str, *, private: bool = True) -> Document:
    """Return the document of a twin in the spelling of the data model; see `goal_document`.

    Raises `TwinError` (`not_found`) when there is no such twin.
    """
    match kind:
        case HOME.name:
            return home_document(runtime, runtime.registry.get(HOME, twin_id))
        case PERSON.name:
            return person_document(runtime, runtime.registry.get(PERSON, twin_id))
    return goal_document(runtime, runtime.registry.get(GOAL, twin_id), private=private)


def home_document(runtime: Runtime, home: Home) -> Document:
    """Return the document of a home: the record and the derived values of the house.

    Without coordinates of its own, a home has those of its zone.
    """
    view = runtime.observer.views.get(home.home_id)
    if view is None:
        return runtime.registry.document(HOME, home)
    document = runtime.registry.document(HOME, home) | view.document()
    if home.location_coordinates is None:
        document["location_coordinates"] = view.zone_point
    return document


def person_document(runtime: Runtime, person: Person) -> Document:
    """Return the document of a person: the record, location, health and goals."""
    health = person_health(runtime.registry, person)
    return (
        runtime.registry.document(PERSON, person)
        | health_document(health)
        | {
            "current_location_id": runtime.observer.home_of_person(person),
            "goals_progress": progress_summary(
                runtime.registry.goals_of(person.person_id), runtime.assessments.pace
            ),
        }
    )


def goal_document(runtime: Runtime, goal: Goal, *, private: bool = True) -> Document:
    """Return the document of a goal: the record, its assessment and its dependencies.

    `progress` is in percent, null where nothing is known. `dependents` depend on the goal;
    `cycle` are the goals that depend on each other through it; `critical_path` is the chain of
    goals that decides when it can be finished, itself last. Without `private`, values of metrics
    are left out if the owner's health values are private.
    """
    graph = runtime.assessments.graph
    assessment = runtime.assessments.get(goal.goal_id)
    document = runtime.registry.document(GOAL, goal)
    if not private and runtime.registry.is_private(goal):
        parts = cast("list[Document]", document["progress_metrics"])
        document["progress_metrics"] = [
            _without_values(part) if key_result.metric else part
            for key_result, part in zip(goal.progress_metrics, parts, strict=True)
        ]
    return document | {
        **(assessment_document(assessment) if assessment else {"progress": progress_of(goal)}),
        "critical_path": list(runtime.assessments.critical_path(goal.goal_id)),
        "dependents": list(graph.dependents(goal.goal_id)),
        "cycle": list(graph.cycle(goal.goal_id)),
    }


def _without_values(key_result: Document) -> Document:
    return {name: part for name, part in key_result.items() if name not in MEASURED}


def document_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind, with what each can be."""
    fields = {
        name: replace(
            RENDERED.get(name, limits_of(entry.parse)),
            nullable=not entry.required and entry.default is None,
        )
        for name, entry in KINDS[kind].fields.items()
    }
    return {**fields, **DERIVED[kind]}


def scalar_parts(kind: str) -> Mapping[str, Limits]:
    """Return the parts of the documents of a kind that are texts, numbers, true or false."""
    return {name: part for name, part in document_parts(kind).items() if part.type in SCALARS}


HISTORY: Final = object_of(
    person_id=UUID,
    metric=TEXT,
    unit=TEXT,
    days=list_of(object_of(day=DAY, value=NUMBER, measured_at=TIME, source=TEXT)),
)


def daily_history_document(
    person_id: str, metric: str, unit: str, days: Iterable[MetricDay]
) -> Document:
    """Return the daily history of a metric: the value of each day that has one."""
    return {
        "person_id": person_id,
        "metric": metric,
        "unit": unit,
        "days": [
            {
                "day": each.day.isoformat(),
                "value": each.value,
                "measured_at": each.measured_at.isoformat(),
                "source": each.source,
            }
            for each in days
        ],
    }


ACCEPTED: Final = object_of(
    person_id=UUID,
    readings=by_name(READING_PART),
    late=list_of(TEXT),
    unchanged=list_of(TEXT),
    goals=list_of(object_of(goal_id=UUID, goal_code=TEXT, name=TEXT, progress=or_null(NUMBER))),
    changed=TRUTH,
)


def accepted_document(accepted: AcceptedReadings) -> Document:
    """Return what readings came to: the accepted ones, and the goals that they moved.

    `changed` tells whether they changed anything; readings that are sent again do not.
    """
    return {
        "person_id": accepted.person.person_id,
        "readings": readings_document(accepted.accepted),
        "late": list(accepted.late),
        "unchanged": list(accepted.unchanged),
        "goals": [
            {
                "goal_id": goal.goal_id,
                "goal_code": goal.goal_code,
                "name": goal.name,
                "progress": progress_of(goal),
            }
            for goal in accepted.goals
        ],
        "changed": bool(accepted.accepted or accepted.days),
    }


MINUS: Final = "\N{MINUS SIGN}"
# Characters that mean something in Markdown.
SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class _ReportTexts:
    """The texts of reports, in the language of the household."""

    texts: Mapping[str, str]
    language: str
    catalogue: Mapping[str, Metric]

    def fill(self, key: str, **values: str) -> str:
        """Return a text of reports with its values."""
        return self._text(f"selector.report.options.{key}", key).format_map(values)

    def state(self, path: str, value: object) -> str:
        """Return a state of an entity in words."""
        slug = str(value).lower().replace(" ", "_")
        return self._text(f"entity.{path}.state.{slug}", str(value))

    def metric(self, key: str) -> str:
        """Return the name of a metric; that of the household for its own."""
        metric = self.catalogue.get(key)
        own = metric.name if metric else None
        return own or self._text(f"selector.metric.options.{key}", key.replace("_", " "))

    def quantity(self, key: str) -> str:
        """Return the name of a quantity of homes."""
        return self._text(f"entity.sensor.{key}.name", key.replace("_", " "))

    def number(self, value: object, precision: int = 0, sign: str = "") -> str:
        """Return a number as it is written in the language."""
        written = f"{value:{sign}.{precision}f}".replace("-", MINUS)
        return written.replace(".", ",") if self.language.startswith("pl") else written

    def _text(self, path: str, instead: str) -> str:
        return self.texts.get(f"component.{DOMAIN}.{path}", instead)


async def async_report(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    kind: str,
    documents: Iterable[Document],
    reasons: Callable[[Document], Iterable[str]],
    *,
    alone: bool = False,
) -> str:
    """Return documents as Markdown, in the language of the household.

    `reasons` returns sentences about a document; it is called once the texts are loaded. One
    document `alone` has no heading above it. Parts that a document does not have are left out.
    """
    language = hass.config.language
    texts = dict[str, str]()
    for category in ("entity", "selector"):
        texts |= await async_get_translations(hass, language, category, {DOMAIN})
    words = _ReportTexts(texts, language, catalogue)
    lines = [] if alone else [f"# {words.fill(f'{kind}s')}"]
    for document in documents:
        names = (str(document[part]) for part in ("goal_code", "name") if document.get(part))
        heading = f"{'#' if alone else '##'} {_plain(' '.join(names))}"
        facts = [*_FACTS[kind](words, document), *map(_plain, reasons(document))]
        lines += ["", heading, "", *(f"- {fact}" for fact in facts)]
    if len(lines) == 1:
        lines += ["", words.fill("none")]
    return "\n".join(lines).strip() + "\n"


def _plain(text: str) -> str:
    """Return a text in one line in which nothing means anything in Markdown."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _goal_facts(words: _ReportTexts, goal: Mapping[str, Any]) -> Iterator[str]:
    if said := _standing(words, goal):
        yield said
    if day := goal.get("target_date"):
        yield words.fill("target_date", day=day)
    forecast = goal.get("forecast") or {}
    if forecast.get("finish") and forecast["early"] and forecast["late"]:
        yield words.fill(
            "forecast", **{part: forecast[part] for part in ("finish", "early", "late")}
        )
    if milestone := goal.get("next_milestone"):
        yield words.fill("next_milestone", name=_plain(milestone["name"]), day=milestone["date"])


def _person_facts(words: _ReportTexts, person: Mapping[str, Any]) -> Iterator[str]:
    score = (person.get("readiness") or {}).get("score")
    if score is not None:
        yield words.fill("readiness", score=words.number(score))
    latest = person.get("health_metrics") or {}
    for key, view in (person.get("metrics") or {}).items():
        # A daily total may be unknown for the present day.
        known = view["value"] is not None
        value = view["value"] if known else (latest.get(key) or {}).get("value")
        if value is None:
            continue
        metric = words.catalogue.get(key)
        precision = metric.precision if metric else 1
        said = [f"{_plain(words.metric(key))}: {words.number(value, precision)} {view['unit']}"]
        if view["trend_per_week"]:
            change = words.number(view["trend_per_week"], precision + 1, "+")
            said.append(words.fill("trend", change=change, unit=view["unit"]))
        if view["direction"]:
            said.append(words.fill(view["direction"]))
        if not known or not view["fresh"]:
            day = view["day"] if known else latest[key]["measured_at"].partition("T")[0]
            said.append(words.fill("not_fresh", day=day))
        yield ", ".join(said)
    for code, goal in ((person.get("goals_progress") or {}).get("goals") or {}).items():
        yield f"{_plain(code)} {_plain(goal['name'])}: {_standing(words, goal)}"


def _standing(words: _ReportTexts, goal: Mapping[str, Any]) -> str:
    """Return status, progress and pace of a goal, as far as they are known."""
    said = []
    if status := goal.get("status"):
        said.append(words.state("select.status", status))
    if (progress := goal.get("progress")) is not None:
        said.append(words.fill("done", progress=words.number(progress)))
    if pace := goal.get("pace"):
        said.append(words.state("sensor.pace", pace))
    return " · ".join(said)


def _home_facts(words: _ReportTexts, home: Mapping[str, Any]) -> Iterator[str]:
    states = [
        words.state(f"sensor.{part}", home[part])
        for part in ("operational_status", "occupancy_status")
        if home.get(part)
    ]
    if states:
        yield " · ".join(states)
    for key, value in (home.get("environmental_data") or {}).items():
        if key in QUANTITIES and value["value"] is not None:
            number = words.number(value["value"], QUANTITIES[key].precision)
            yield f"{words.quantity(key)}: {number} {value['unit'] or ''}".rstrip()


_FACTS: Final[Mapping[str, Callable[[_ReportTexts, Mapping[str, Any]], Iterator[str]]]] = (
    MappingProxyType({PERSON.name: _person_facts, HOME.name: _home_facts, GOAL.name: _goal_facts})
)
