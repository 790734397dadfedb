"""Tools for language models: what people ask an assistant about their homes, health and goals.

Each tool calls a command as its user and answers with the few facts that a question needs, in at
most two kilobytes. Without a user, as behind a loudspeaker, only homes and goals without an owner
are told.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import json
from types import MappingProxyType
from typing import Final, override

from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.llm import (
    LLM_API_ASSIST,
    LLMContext,
    Tool,
    ToolAnnotations,
    ToolInput,
    ToolResult,
)
from homeassistant.util import dt as dt_util
import probatio

from .commands import twins
from .commands.access import Actor, async_speaker
from .commands.changes import SINCE, async_changes, chosen_twins, read_period
from .const import DOMAIN
from .engine.documents import Document
from .engine.runtime import Runtime, loaded_runtime
from .surfaces.changes import async_change_lines
from .surfaces.errors import translated_errors
from .surfaces.health_actions import async_update_health_metrics
from .surfaces.reports import async_get_briefing
from .surfaces.summaries import (
    goal_line,
    goal_summary,
    goals_summary,
    home_summary,
    household_summary,
    metric_line,
    metric_summary,
    person_summary,
)
from .twin.errors import refuse
from .twin.goals.goal import GOAL, Goal
from .twin.home.home import HOME
from .twin.metrics.person import PERSON, Person
from .twin.records.fields import ObjectReader
from .twin.records.timeline import TwinKey
from .twin.values import number_from_text

MOST_BYTES: Final = 2000
# Of a text, where a character may take several bytes.
MOST_CHARACTERS: Final = 1500
TRUTHS: Final = MappingProxyType({"true": True, "false": False})
NO_FIELDS: Final[Mapping[str, str]] = MappingProxyType({})

type Arguments = Mapping[str, str]
type Answer = Callable[[Actor, Arguments], Awaitable[Document]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSpec:
    """A tool: what the model is told of it, its fields with their descriptions, and its answer."""

    name: str
    title: str
    description: str
    answer: Answer
    required: Mapping[str, str] = NO_FIELDS
    optional: Mapping[str, str] = NO_FIELDS
    writes: bool = False


class TwinTool(Tool):
    """A tool that answers as the user of the conversation."""

    integration = DOMAIN

    def __init__(self, spec: ToolSpec, runtime: Runtime) -> None:
        self.name = f"{DOMAIN}__{spec.name}"
        self.title = spec.title
        self.description = spec.description
        self.annotations = ToolAnnotations(
            read_only=not spec.writes,
            destructive=False,
            idempotent=not spec.writes,
            open_world=False,
        )
        self.parameters = probatio.Schema(
            {
                **{
                    probatio.Required(key, description=text): str
                    for key, text in spec.required.items()
                },
                **{
                    probatio.Optional(key, description=text): str
                    for key, text in spec.optional.items()
                },
            }
        )
        self._answer = spec.answer
        self._runtime = runtime

    @override
    async def async_call(
        self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext
    ) -> ToolResult:
        """Answer, or say in words why not."""
        try:
            data = self.parameters(
                {key: _as_text(value) for key, value in tool_input.tool_args.items() if value != ""}
            )
            actor = await async_speaker(hass, self._runtime, llm_context.context)
            with translated_errors():
                found = await self._answer(actor, data)
        except probatio.Invalid:
            allowed = ", ".join(map(str, self.parameters.schema))
            return ToolResult(data={"error": f"The arguments are: {allowed}."}, error=True)
        except HomeAssistantError as error:
            return ToolResult(data={"error": str(error)}, error=True)
        return ToolResult(data=fitted(found))


@callback
def async_get_tools(hass: HomeAssistant, _llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools for Assist; other APIs would list each of them a second time."""
    if api_id != LLM_API_ASSIST or (runtime := loaded_runtime(hass)) is None:
        return None
    return LLMTools(tools=[TwinTool(spec, runtime) for spec in TOOLS])


def fitted(document: Document, most: int = MOST_BYTES) -> Document:
    """Return a document that is at most so long as JSON: its longest lists are shortened.

    `not_listed` says how many elements were left out of each.
    """
    answer = dict(document)
    left: dict[str, int] = {}
    while written_bytes(answer) > most:
        lists = {key: value for key, value in answer.items() if isinstance(value, list) and value}
        if not lists:
            break
        key = max(lists, key=lambda each: written_bytes(lists[each]))
        answer[key] = lists[key][:-1]
        left[key] = left.get(key, 0) + 1
        answer["not_listed"] = dict(left)
    return answer


def written_bytes(part: object) -> int:
    """Return the length of a part of an answer as MCP clients get it: with spaces in between."""
    return len(json.dumps(part, ensure_ascii=False).encode())


async def _overview(actor: Actor, _data: Arguments) -> Document:
    return household_summary(actor)


async def _get_person(actor: Actor, data: Arguments) -> Document:
    person = _spoken_person(actor, data)
    if "metric" in data:
        return metric_summary(actor, person, data["metric"])
    return person_summary(actor, person)


async def _get_goals(actor: Actor, data: Arguments) -> Document:
    if "goal" in data:
        return goal_summary(actor, actor.finder.spoken(GOAL, data, "goal"))
    return goals_summary(actor, data.get("status", "active"))


async def _get_home(actor: Actor, data: Arguments) -> Document:
    if "home" in data:
        return home_summary(actor, actor.finder.spoken(HOME, data, "home").home_id)
    return home_summary(actor)


async def _record(actor: Actor, data: Arguments) -> Document:
    person = _spoken_person(actor, data)
    reading = {"value": _value(data["value"]), "unit": data.get("unit")}
    wanted = {"person": person.person_id, "metrics": {data["metric"]: reading}}
    answer = await async_update_health_metrics(actor, wanted)
    return {
        "recorded": not answer["unchanged"],
        "now": metric_line(actor, person, data["metric"]),
        "goals": answer["goals"],
    }


async def _update_progress(actor: Actor, data: Arguments) -> Document:
    goal = actor.finder.spoken(GOAL, data, "goal")
    update: dict[str, object] = {name: part for name, part in data.items() if name != "goal"}
    update["goal"] = goal.goal_id
    if "key_result" not in update:
        update["key_result"] = _key_result_for(goal, data.get("item"))
    for name in ("value", "increment"):
        if name in data:
            update[name] = _value(data[name])
    return goal_line(actor, await twins.async_update_goal_progress(actor, update))


async def _changes(actor: Actor, data: Arguments) -> Document:
    wanted = {SINCE: data[SINCE]} if SINCE in data else {}
    yesterday = dt_util.start_of_local_day() - timedelta(days=1)
    since, until = read_period(ObjectReader(wanted, actor.registry.context()), yesterday)
    named = [kind.name for kind in (PERSON, GOAL, HOME) if kind.name in data]
    keys = {key for name in named for key in chosen_twins(actor, [data[name]], name, name)}
    owners = {key.twin_id for key in keys if key.kind == PERSON.name}
    keys |= {
        TwinKey(GOAL.name, goal.goal_id)
        for owner in owners
        for goal in actor.registry.goals_of(owner)
    }
    # Of all twins there would be little but measured values.
    found = await async_changes(
        actor, since, until, keys=keys if named else None, health=bool(owners)
    )
    answer: Document = {"changes": [*await async_change_lines(actor, found)]}
    if found.known_since:
        answer["known_since"] = dt_util.as_local(found.known_since).isoformat(timespec="minutes")
    return answer


async def _briefing(actor: Actor, data: Arguments) -> Document:
    wanted = {"length": data.get("length", "short"), "language": data.get("language")}
    if "person" in data:
        wanted["person"] = actor.finder.spoken(PERSON, data, "person").person_id
    briefing = await async_get_briefing(actor, wanted)
    return {"briefing": str(briefing["speech"])[:MOST_CHARACTERS]}


TOOLS: Final = (
    ToolSpec(
        name="get_overview",
        title="Overview of the household",
        description="Homes with their troubles, people, goals that need attention.",
        answer=_overview,
    ),
    ToolSpec(
        name="get_person",
        title="Health of a person",
        description=(
            "Health metrics with usual values and trends, readiness, goals. With a metric: its last"
            " days, and means of weeks and months."
        ),
        answer=_get_person,
        optional={
            "person": "Name; by default who asks",
            "metric": "Key, such as weight, sleep_duration, resting_heart_rate, steps",
        },
    ),
    ToolSpec(
        name="get_goals",
        title="Goals",
        description=(
            "Goals with progress, pace and what is needed per week. With a goal: its key results,"
            " open items, milestones and forecast."
        ),
        answer=_get_goals,
        optional={
            "goal": "Code (G03) or name",
            "status": "active (default), planning, on_hold, completed, archived or all",
        },
    ),
    ToolSpec(
        name="get_home",
        title="State of the home",
        description=(
            "Status of a home with its causes, who is there, climate by room, offline devices,"
            " batteries by when they run out."
        ),
        answer=_get_home,
        optional={"home": "Name; by default all"},
    ),
    ToolSpec(
        name="get_briefing",
        title="Briefing",
        description="What matters today: home, health, goals, news, dates, next step.",
        answer=_briefing,
        optional={
            "person": "Name; by default the household",
            "length": "short (default) or full",
            "language": "en or pl",
        },
    ),
    ToolSpec(
        name="get_changes",
        title="What changed",
        description="What changed, when and by whom.",
        answer=_changes,
        optional={
            "since": "ISO day; by default yesterday",
            "person": "Name; with goals and health",
            "goal": "Code or name",
            "home": "Name",
        },
    ),
    ToolSpec(
        name="record_health_metric",
        title="Record a health value",
        description="Record a measured value, or an amount of something that adds up (water).",
        answer=_record,
        required={"metric": "Key, such as weight or hydration", "value": "The number"},
        optional={"unit": "By default as shown", "person": "Name; by default who asks"},
        writes=True,
    ),
    ToolSpec(
        name="update_goal_progress",
        title="Update the progress of a goal",
        description="Set or add to a key result, or tick an item. One of value, increment, item.",
        answer=_update_progress,
        required={"goal": "Code or name"},
        optional={
            "key_result": "Key or name, if there are several",
            "value": "The new value",
            "increment": "What to add",
            "item": "The item of the checklist",
            "state": "done (default), doing or todo",
        },
        writes=True,
    ),
)


def _spoken_person(actor: Actor, data: Arguments) -> Person:
    """Return the person that is named, else the one who asks, else the only one.

    Raises `TwinError` (`required_field`) where nobody is meant.
    """
    if "person" in data:
        return actor.finder.spoken(PERSON, data, "person")
    person = actor.speaking_person
    if person is None:
        raise refuse("required_field", "person")
    return person


def _key_result_for(goal: Goal, item: str | None) -> str | None:
    """Return the key of the checklist with an item, or of the only key result; None for several."""
    found = [
        each.key
        for each in goal.progress_metrics
        if item is None or item.casefold() in {one.name.casefold() for one in each.items}
    ]
    return found[0] if len(found) == 1 else None


def _value(text: str) -> object:
    """Read a number as people write it, or true and false; the command refuses everything else."""
    if text.casefold() in TRUTHS:
        return TRUTHS[text.casefold()]
    number = number_from_text(text.replace(",", "."))
    return text if number is None else number


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
