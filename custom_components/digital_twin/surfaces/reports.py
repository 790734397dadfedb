"""Reports of twins as Markdown, and briefings, in the language of the household."""

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
import re
from types import MappingProxyType
from typing import Any, Final

from aiohttp import hdrs
from aiohttp.web import Request
from homeassistant.const import CONTENT_TYPE_JSON
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ..commands import people
from ..commands.access import Actor
from ..commands.changes import SINCE, read_period
from ..commands.twins import PERSON_FIELD
from ..const import DOMAIN, option_path
from ..engine.briefings import briefing_document
from ..engine.core.registry import KINDS
from ..engine.documents import Document
from ..engine.health.sources import metric_label
from ..engine.wording import wording_of
from ..twin.catalogue import Metric
from ..twin.enums import Language, Length
from ..twin.goals.briefing import briefing_text
from ..twin.goals.goal import GOAL
from ..twin.home.conditions import QUANTITIES
from ..twin.home.home import HOME
from ..twin.metrics.person import PERSON
from ..twin.records.contexts import CONTEXT, SINCE as CONTEXT_SINCE, UNTIL, USUAL
from ..twin.records.fields import ObjectReader
from ..twin.records.limits import TEXT, Limits, limits_of
from ..twin.records.parsers import instant, option
from ..twin.values import localized
from .home_sensors import why_occupancy, why_operational
from .openapi import MARKDOWN

MINUS: Final = "\N{MINUS SIGN}"
# A range of media types, with its quality where it has one.
RANGE: Final = re.compile(r"([^\s;,]+)(?:[^,]*?;\s*q=([0-9.]+))?[^,]*", re.IGNORECASE)
QUALITY: Final = re.compile(r"[01](?:\.[0-9]{0,3})?")
# Of a goal the latest pauses are told.
MOST_PAUSES: Final = 5
# Characters that mean something in Markdown.
SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class _ReportTexts:
    """The texts of reports, in the language of the household."""

    hass: HomeAssistant
    texts: Mapping[str, str]
    catalogue: Mapping[str, Metric]

    def fill(self, key: str, **values: str) -> str:
        """Return a text of reports with its values."""
        return self.texts.get(option_path("report", key), key).format_map(values)

    def state(self, path: str, value: object) -> str:
        """Return a state of an entity in words."""
        slug = str(value).lower().replace(" ", "_")
        return self._text(f"entity.{path}.state.{slug}", str(value))

    def metric(self, key: str) -> str:
        """Return the name of a metric; that of the household for its own."""
        return metric_label(self.hass, key, self.catalogue.get(key))

    def quantity(self, key: str) -> str:
        """Return the name of a quantity of homes."""
        return self._text(f"entity.sensor.{key}.name", key.replace("_", " "))

    def number(self, value: object, precision: int = 0, sign: str = "") -> str:
        """Return a number as it is written in the language."""
        number = localized(f"{value:{sign}.{precision}f}", self.hass.config.language)
        return number.replace("-", MINUS)

    def _text(self, path: str, instead: str) -> str:
        return self.texts.get(f"component.{DOMAIN}.{path}", instead)


async def async_report(
    hass: HomeAssistant,
    catalogue: Mapping[str, Metric],
    kind: str,
    documents: AsyncIterable[Document],
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
    words = _ReportTexts(hass, texts, catalogue)
    lines = [] if alone else [f"# {words.fill(f'{kind}s')}"]
    async for document in documents:
        names = (str(document[part]) for part in ("goal_code", "name") if document.get(part))
        heading = f"{'#' if alone else '##'} {_plain(' '.join(names))}"
        facts = [*_FACTS[kind](words, document), *map(_plain, reasons(document))]
        lines += ["", heading, "", *(f"- {fact}" for fact in facts)]
    if len(lines) == 1:
        lines += ["", words.fill("none")]
    return "\n".join(lines).strip() + "\n"


async def async_twin_report(
    actor: Actor, kind: str, documents: AsyncIterable[Document], *, alone: bool = False
) -> str:
    """Return a report of documents as Markdown, each with its reasons in words."""
    runtime, id_field = actor.runtime, KINDS[kind].id_field

    def reasons(document: Document) -> list[str]:
        twin_id = str(document[id_field])
        if (view := runtime.observer.views.get(twin_id)) is not None:
            found = [why_operational(view), why_occupancy(view)]
        else:
            found = [runtime.assessments.why(twin_id, actor.household_audiences)]
        return [reason for reason in found if reason]

    return await async_report(
        actor.hass, actor.registry.catalogue, kind, documents, reasons, alone=alone
    )


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
    for pause in (goal.get("paused") or [])[-MOST_PAUSES:]:
        yield _paused(words, pause, "person_context")


def _context_facts(words: _ReportTexts, twin: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the context of a person or a home, unless it is the usual one, and what it pauses."""
    context, since = twin.get(CONTEXT), twin.get(CONTEXT_SINCE)
    if context and context != USUAL and since:
        said = words.state(f"select.{path}", context)
        yield _during(words, CONTEXT, {"since": since, "until": twin.get(UNTIL)}, context=said)
    if pause := twin.get("paused"):
        # The line above it says why, where the document has it.
        yield _paused(words, pause, path, named=not context)


def _paused(words: _ReportTexts, pause: Mapping[str, Any], path: str, *, named: bool = True) -> str:
    what = ", ".join(words.fill(f"effect_{effect}") for effect in pause["effects"])
    text = _during(words, "paused", pause, what=what)
    if not named or not pause["context"]:
        return text
    return words.fill("because", text=text, context=words.state(f"select.{path}", pause["context"]))


def _during(words: _ReportTexts, key: str, times: Mapping[str, Any], **values: str) -> str:
    """Return a text about days: since one, or until another one."""
    days = {name: _day(times[name]) for name in ("since", "until") if times.get(name)}
    return words.fill(f"{key}_until" if "until" in days else key, **days, **values)


def _day(moment: str) -> str:
    """Return the day at the household of a day or a time."""
    time = dt_util.parse_datetime(moment) if "T" in moment else None
    return dt_util.as_local(time).date().isoformat() if time else moment


def _person_facts(words: _ReportTexts, person: Mapping[str, Any]) -> Iterator[str]:
    yield from _context_facts(words, person, "person_context")
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
    yield from _context_facts(words, home, "home_context")
    for key, value in (home.get("environmental_data") or {}).items():
        if key in QUANTITIES and value["value"] is not None:
            number = words.number(value["value"], QUANTITIES[key].precision)
            yield f"{words.quantity(key)}: {number} {value['unit'] or ''}".rstrip()


_FACTS: Final[Mapping[str, Callable[[_ReportTexts, Mapping[str, Any]], Iterator[str]]]] = (
    MappingProxyType({PERSON.name: _person_facts, HOME.name: _home_facts, GOAL.name: _goal_facts})
)


def prefers_markdown(request: Request) -> bool:
    """Return whether `Accept` gives Markdown a higher quality than JSON, or names only Markdown."""
    ranges: dict[str, float] = {}
    for kind, quality in RANGE.findall(",".join(request.headers.getall(hdrs.ACCEPT, ()))):
        ranges[kind.lower()] = float(quality) if QUALITY.fullmatch(quality) else 1.0
    qualities = []
    for wanted in (MARKDOWN, CONTENT_TYPE_JSON):
        matching = (wanted, f"{wanted.partition('/')[0]}/*", "*/*")
        found = next((each for each in matching if each in ranges), "")
        qualities.append((ranges.get(found, 0.0), found == wanted))
    markdown, plain = qualities
    return markdown > plain


BRIEFING: Final = Limits(
    type="object",
    parts={
        PERSON_FIELD: TEXT,
        "language": limits_of(option(Language)),
        "length": limits_of(option(Length)),
        SINCE: limits_of(instant),
    },
)


async def async_get_briefing(actor: Actor, data: Mapping[str, object]) -> Document:
    """Return the briefing of a person or the household: Markdown, plain for speech, and data."""
    reader = ObjectReader(data, actor.registry.context())
    reader.only((PERSON_FIELD, "language", "length", SINCE))
    chosen = reader.optional("language", option(Language), None)
    length = reader.optional("length", option(Length), Length.FULL)
    since, _ = read_period(reader)
    briefing = await people.async_get_briefing(actor, data, since)
    language = chosen.value if chosen else actor.hass.config.language
    texts = await async_get_translations(actor.hass, language, "selector", {DOMAIN})
    plain = wording_of(texts, language)
    return {
        "text": briefing_text(wording_of(texts, language, markdown=True), briefing, length),
        "speech": briefing_text(plain, briefing, length),
        "data": briefing_document(briefing, plain),
    }
