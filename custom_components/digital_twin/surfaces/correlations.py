"""Answers to which metrics of a person go together, with a sentence for each pair."""

from collections.abc import Mapping
from functools import partial
import re
from typing import Final

from homeassistant.helpers.translation import async_get_translations

from ..commands.access import Actor
from ..commands.people import DAYS, METRICS_ASKED, async_correlations, days_asked
from ..commands.twins import PERSON_FIELD
from ..const import DOMAIN
from ..engine.documents import Document
from ..engine.wording import wording_of
from ..twin.metrics.correlation import (
    CONFIDENCE,
    FEWEST_ASKED,
    USUAL_DAYS,
    Correlation,
    CorrelationWording,
)
from ..twin.metrics.history import KEPT_DAYS
from ..twin.metrics.person import PERSON, Person
from ..twin.metrics.readings import METRIC
from ..twin.records.fields import ObjectReader
from ..twin.records.limits import (
    DAY,
    NUMBER,
    TEXT,
    TRUTH,
    UUID,
    WHOLE,
    Limits,
    limits_of,
    list_of,
    object_of,
    or_null,
)
from ..twin.records.naming import short_text
from ..twin.values import PlainJson

# The 95 % are of all intervals of an answer together, or of each of them.
TOGETHER: Final = "all"
BY_ITSELF: Final = "each"
CORRELATIONS: Final = object_of(
    person_id=UUID,
    **{"from": DAY, "to": DAY},
    days_left_out=WHOLE,
    compared=WHOLE,
    confidence=NUMBER,
    confidence_of=Limits(type="string", options=(TOGETHER, BY_ITSELF)),
    correlations=list_of(
        object_of(
            metric=TEXT,
            other_metric=TEXT,
            lag=WHOLE,
            days=WHOLE,
            r=or_null(NUMBER),
            low=or_null(NUMBER),
            high=or_null(NUMBER),
            confidence=NUMBER,
            clear=TRUTH,
            sentence=TEXT,
            text=TEXT,
        )
    ),
    nothing=or_null(TEXT),
)
PARAMETERS: Final[Mapping[str, tuple[str, Limits]]] = {
    METRICS_ASKED[0]: ("Only pairs of which this metric is a part.", METRIC),
    METRICS_ASKED[1]: ("Only the pair of this metric and `metric`.", METRIC),
    DAYS: (
        f"So many days up to yesterday, {FEWEST_ASKED} to {KEPT_DAYS}; by default {USUAL_DAYS}.",
        limits_of(days_asked),
    ),
}
# The data of the action.
ASKED: Final = Limits(
    type="object",
    parts={PERSON_FIELD: TEXT} | {name: limits for name, (_, limits) in PARAMETERS.items()},
    required=(PERSON_FIELD,),
)
DECIMALS: Final = 3
WHOLE_TEXT: Final = re.compile(r"[0-9]{1,9}")


async def async_get_correlations(actor: Actor, data: Mapping[str, object]) -> Document:
    """Return the answer to the action."""
    return await async_go_together(actor, ObjectReader(data, actor.registry.context()))


async def async_go_together(actor: Actor, reader: ObjectReader) -> Document:
    """Return which metrics go together, of the person that a field names."""
    reader.only((PERSON_FIELD, *PARAMETERS))
    name = reader.required(PERSON_FIELD, short_text, "")
    reader.raise_faults()
    person = actor.finder.chosen(PERSON, {PERSON_FIELD: name}, PERSON_FIELD)
    return await _async_answer(actor, person, reader, PERSON_FIELD)


async def async_list_correlations(actor: Actor, given: Mapping[str, str], person: str) -> Document:
    """Return the answer to REST, of the person with an id; a number is a text there."""
    data: dict[str, object] = {**given}
    if WHOLE_TEXT.fullmatch(given.get(DAYS, "")):
        data[DAYS] = int(given[DAYS])
    reader = ObjectReader(data, actor.registry.context())
    return await _async_answer(actor, actor.finder.identified(PERSON, person, "id"), reader, "id")


async def _async_answer(actor: Actor, person: Person, reader: ObjectReader, field: str) -> Document:
    answer = await async_correlations(actor, person, reader, field)
    language = actor.hass.config.language
    texts = await async_get_translations(actor.hass, language, "selector", {DOMAIN})
    wording = partial(
        CorrelationWording,
        words=wording_of(texts, language),
        own_names={
            key: metric.name
            for key, metric in actor.registry.catalogue.items()
            if metric.name is not None
        },
    )
    of_person, plain = wording(person=person.name), wording()
    found = answer.found
    return {
        "person_id": person.person_id,
        "from": answer.first.isoformat(),
        "to": answer.last.isoformat(),
        "days_left_out": answer.left_out,
        "compared": found.compared,
        "confidence": CONFIDENCE,
        "confidence_of": BY_ITSELF if answer.named else TOGETHER,
        "correlations": [_document(each, of_person, plain) for each in found.correlations],
        "nothing": None if found.correlations else plain.nothing(found, answer.days),
    }


def _document(
    found: Correlation, of_person: CorrelationWording, plain: CorrelationWording
) -> PlainJson:
    r, low, high = (
        (None, None, None)
        if found.interval is None
        else (round(part, DECIMALS) for part in found.interval)
    )
    return {
        "metric": found.pair.first,
        "other_metric": found.pair.second,
        "lag": found.pair.lag,
        "days": found.days,
        "r": r,
        "low": low,
        "high": high,
        "confidence": round(found.confidence, 5),
        "clear": bool(found.interval and found.interval.is_clear),
        "sentence": of_person.sentence(found),
        "text": plain.sentence(found),
    }
