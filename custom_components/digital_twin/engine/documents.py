"""The whole documents of twins: the record and the derived values."""

from typing import Final, cast

from ..twin.goals.assessment import assessment_document
from ..twin.goals.goal import GOAL, Goal, progress_of, progress_summary
from ..twin.home.home import HOME, Home
from ..twin.people.health import health_document
from ..twin.people.person import PERSON, Person
from ..twin.values import PlainJson
from .health.sources import person_health
from .runtime import Runtime

type Document = dict[str, PlainJson]


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
