"""What readings change: the person, the person's histories, and the goals that follow them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...twin.goals.goal import GOAL, Goal
from ...twin.goals.key_results import follow_metrics
from ...twin.metrics.readings import Reading
from ...twin.metrics.recording import DayChange, RecordedReadings
from ...twin.people.person import Person
from ...twin.records.fields import Context
from ...twin.records.person_day import PersonDay
from ...twin.records.revisions import touch


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What readings came to; see `RecordedReadings` for what the parts mean."""

    person: Person
    goals: tuple[Goal, ...]
    accepted: Mapping[str, Reading]
    late: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Readings that are in the histories, with what is still to be kept and told.

    Records come in pairs, before and after. `older` is that of `RecordedReadings`.
    """

    recorded: Recorded
    persons: tuple[tuple[Person, Person], ...]
    goals: tuple[tuple[Goal, Goal], ...]
    changes: tuple[DayChange, ...]
    older: Mapping[str, Mapping[int, float]]


def revise(
    before: Person,
    intake: RecordedReadings,
    *,
    days: PersonDay,
    goals: Iterable[Goal],
    context: Context,
    base: Person | None = None,
) -> Recording:
    """Make the next revisions from what readings came to.

    `base` is the person as another change leaves them, when readings came with one.
    """
    after = before
    if base is not None:
        after = replace(base, health_metrics=intake.readings)
    elif intake.accepted:
        after = touch(before, context, health_metrics=intake.readings)
    moved = _moved(before.person_id, intake, days, goals, context)
    return Recording(
        recorded=Recorded(
            person=after,
            goals=tuple(goal for _, goal in moved),
            accepted=intake.accepted,
            late=intake.late,
            unchanged=intake.unchanged,
        ),
        persons=() if after is before else ((before, after),),
        goals=tuple(moved),
        changes=intake.changes,
        older=intake.older,
    )


def _moved(
    person_id: str,
    intake: RecordedReadings,
    days: PersonDay,
    goals: Iterable[Goal],
    context: Context,
) -> list[tuple[Goal, Goal]]:
    """Return the goals that the readings move, before and after."""
    # What entered no history may still be the latest that is known.
    points = intake.points or tuple(intake.accepted.items())
    moved = []
    for goal in goals:
        if goal.owner_person_id != person_id:
            continue
        key_results = goal.progress_metrics
        followed = {(each.source or {}).get("metric") for each in key_results}
        for metric, reading in points:
            if metric not in followed:
                continue
            key_results = follow_metrics(
                key_results, {metric: reading}, days=days, catalogue=context.catalogue
            )
        if key_results != goal.progress_metrics:
            after = touch(goal, context, progress_metrics=key_results)
            moved.append((goal, GOAL.derive(goal, after, context)))
    return moved
