"""The command for how a twin was at an earlier time."""

from datetime import datetime, timedelta
import re
from typing import Final, cast

from homeassistant.util import dt as dt_util

from ..engine.core.registry import KINDS
from ..engine.documents import Document
from ..engine.earlier_documents import AT, async_earlier_document
from ..twin.errors import TwinError, refuse
from ..twin.goals.goal import Goal
from ..twin.goals.key_result_parts import MEASURED
from ..twin.goals.references import Twin
from ..twin.metrics.health import withhold_health
from ..twin.metrics.person import Person
from ..twin.records.fields import Context, ObjectReader
from ..twin.records.limits import Limits, limits_of
from ..twin.records.parsers import counter, day, instant
from ..twin.records.timeline import TwinKey
from .access import OWNER, Actor, NotPermittedError
from .changes import deleted_twin, may_know_values, moment_of
from .finder import kind_named
from .twins import PROGRESS_METRICS

REVISION: Final = re.compile(r"[0-9]{1,15}")
# A time, a day, or a revision of a twin, which a parameter of a request writes as a text.
AT_TEXT: Final = "As it was at this time, at the end of this day, or when this revision was made."
AT_LIMITS: Final = Limits(any_of=(limits_of(instant), limits_of(day), limits_of(counter)))


def read_at(reader: ObjectReader) -> datetime | int | None:
    """Read `at`: a time, a day, of which it is the end, or a revision; None for the present.

    Without a time zone it is a time of the household. Raises `TwinError` at the field:
    `invalid_time`, `out_of_range`, `in_future`, `wrong_type`.
    """
    at = reader.optional(AT, _time_or_revision, None)
    reader.raise_faults()
    return at


def _time_or_revision(value: object, context: Context) -> datetime | int:
    if isinstance(value, str) and REVISION.fullmatch(value):
        value = int(value)
    if not isinstance(value, str):
        return counter(value, context)
    now, zone = dt_util.utcnow(), dt_util.get_default_time_zone()
    moment = moment_of(value, context, zone=zone, is_end=True)
    begin = moment_of(value, context, zone=zone, is_end=False)
    if begin > now:
        raise refuse("in_future", "", value=value)
    if moment > begin:
        # Midnight belongs to the next day.
        moment -= timedelta(microseconds=1)
    return min(moment, now)


def earlier_key(actor: Actor, name: str, field: str, kind: str | None = None) -> TwinKey:
    """Return the twin that a field names, of a kind or of any, also a deleted one.

    Of a kind it is named by its id or the code of a goal, else as actions name it. Raises
    `TwinError` at the field: `not_found`; and `NotPermittedError`.
    """
    found: tuple[str, Twin] | None = None
    try:
        if kind is None:
            found = actor.finder.chosen_of_any_kind({field: name}, field)
        else:
            twin = actor.finder.identified(kind_named(kind), name, field)
            found = kind, cast("Twin", twin)
    except TwinError as error:
        if error.key != "not_found":
            raise
    if found:
        actor.access.require_read(found[1], field)
        return TwinKey(found[0], KINDS[found[0]].id_of(found[1]))
    deleted = TwinKey(*actor.finder.chosen_deleted({field: name}, field))
    gone = deleted_twin(actor, deleted)
    if gone is None or kind not in (None, deleted.kind):
        raise refuse("not_found", field, value=name)
    actor.access.require_read(gone, field)
    return deleted


async def async_document_at(actor: Actor, key: TwinKey, at: datetime | int, field: str) -> Document:
    """Return the document of a twin as it was; the actor may read the twin.

    Raises `TwinError` at `at`: `before_journal`, `unknown_revision`, `not_there_yet`,
    `deleted_then`; and `NotPermittedError` at the field.
    """
    twins = await actor.registry.past.async_twins(key, at, AT)
    document = await async_earlier_document(actor.hass, actor.runtime, twins, key)
    # Meanwhile it may have been deleted for good, or given to somebody else.
    present = cast("Twin | None", actor.registry.records(key.kind).get(key.twin_id))
    if present is None and key.twin_id in actor.registry.deletions.of(key.kind):
        present = deleted_twin(actor, key)
    if present is None:
        raise refuse("not_found", field, value=key.twin_id)
    actor.access.require_read(present, field)
    if isinstance(present, Goal):
        _hide_values(actor, document, present, field)
    if isinstance(present, Person):
        # What somebody lets others know at present counts for the past, too.
        withhold_health(document, present, actor.audiences)
    return document


def _hide_values(actor: Actor, document: Document, present: Goal, field: str) -> None:
    """Leave out what the owners of a goal, then and now, do not show to the actor."""
    owner = document.get(OWNER, "?")
    if actor.access.household_only and owner is not None:
        raise NotPermittedError("household_only", field)
    persons, followed = actor.registry.persons, {*present.followed_metrics}
    parts = cast("list[Document]", document.get(PROGRESS_METRICS, []))
    for part in parts:
        followed |= _followed(part)
    owners = {str(each) for each in (owner, present.owner_person_id) if each}
    if all(may_know_values(actor, persons.get(each), followed) for each in owners):
        return
    if "silent_sources" in document:
        document["silent_sources"] = []
    for part in parts:
        if _followed(part):
            for name in MEASURED:
                part.pop(name, None)


def _followed(part: Document) -> set[str]:
    """Return the metric that a key result of a document follows, if there is one."""
    source = part.get("source")
    return {str(source["metric"])} if isinstance(source, dict) and "metric" in source else set()
