"""Milestones: the dated stages on the way to a goal."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from .collecting import Form
from .fields import Context
from .naming import parse_keyed, short_text, unique_slug
from .numeric import percent
from .parsers import day
from .values import PlainJson

MAX_MILESTONES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Milestone:
    """A stage that is to be reached on a day.

    `progress` is what the plan wants of the whole goal by then, in percent; None leaves that to
    an even spread between the stages around it.
    """

    key: str
    name: str
    date: date
    progress: float | None = None


def parse_milestones(value: object, context: Context) -> tuple[Milestone, ...]:
    """Parse a list of `{key?, name, date, progress?}`; the earliest comes first.

    A milestone without a key gets one from its name. Raises one `TwinError` with every fault, at
    `[0].date` and so on.
    """

    def parse(raw: object, taken: Collection[str]) -> Milestone:
        form = Form(raw, context)
        form.only(("key", "name", "date", "progress"))
        name = form.required("name", short_text, "")
        milestone = Milestone(
            key=form.optional("key", short_text, unique_slug(name, taken, "milestone")),
            name=name,
            date=form.required("date", day, date.min),
            progress=form.optional("progress", percent, None),
        )
        form.settle()
        return milestone

    found = parse_keyed(
        value, parse, key="key", key_of=lambda milestone: milestone.key, maximum=MAX_MILESTONES
    )
    return tuple(sorted(found, key=lambda milestone: milestone.date))


def render_milestones(milestones: Iterable[Milestone]) -> list[PlainJson]:
    """Write milestones as they stand in documents; what is not said is left out."""
    return [milestone_document(milestone) for milestone in milestones]


def milestone_document(milestone: Milestone) -> dict[str, PlainJson]:
    """Write one milestone as it stands in documents."""
    document: dict[str, PlainJson] = {
        "key": milestone.key,
        "name": milestone.name,
        "date": milestone.date.isoformat(),
    }
    return document if milestone.progress is None else document | {"progress": milestone.progress}


def next_milestone(milestones: Iterable[Milestone], today: date) -> Milestone | None:
    """Return the first milestone that is not past; today's still counts."""
    return next((milestone for milestone in milestones if milestone.date >= today), None)
