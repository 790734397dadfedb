"""What can be done, and how each of it is called in each of its ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
import re
from typing import Any, Final, Literal, cast

from homeassistant.const import Platform
from homeassistant.util import dt as dt_util

from custom_components.digital_twin.condition import CONDITIONS
from custom_components.digital_twin.const import DOMAIN
from custom_components.digital_twin.engine.core.entity_ids import QUICK_ENTRY
from custom_components.digital_twin.engine.core.registry import KINDS
from custom_components.digital_twin.trigger import TRIGGERS
from tests.common import ANNA, JAN, subentry_ids

from .callers import (
    Case,
    Column,
    Listed,
    Parts,
    Prepare,
    Way,
    action,
    command,
    form,
    no_parts,
    nothing,
    of_home_assistant,
    rest,
    say,
    states,
    subscription,
    together,
    tool,
)
from .household import ISSUE, KEY, NAMES

type Kind = Literal["person", "home", "goal"]
type Ways = dict[str, Way]

TRUSTED: Final = frozenset({Column.ADMINISTRATOR, Column.AUTOMATION})


class About(Enum):
    """What an operation is about: a person or a goal of one, a goal without an owner, the rest."""

    PEOPLE = auto()
    SHARED = auto()
    HOUSE = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What can be done, by the ways in which it can."""

    ways: Ways
    about: About = About.PEOPLE
    writes: bool = True
    prepare: Prepare = nothing


def _twin(case: Case, kind: Kind) -> str:
    return cast("str", getattr(case, kind))


# Ways to read.


def _documents(kind: Kind, *path: str) -> Listed:
    """Return what finds the ids of documents in an answer."""
    return lambda _case, value: {document[f"{kind}_id"] for document in _part(value, path)}


def _part(value: Any, path: Iterable[str]) -> Any:  # noqa: ANN401  # JSON of any shape
    for name in path:
        value = value[name]
    return value


def _named(kind: Kind, part: str) -> Listed:
    """Return what finds twins by the names in a part of the answer of a tool."""

    def listed(case: Case, value: Any) -> set[str]:  # noqa: ANN401  # JSON of any shape
        names = {each["name"] for each in value.get(part, ())}
        records = cast("Mapping[str, Any]", case.household.registry.records(kind))
        return {twin_id for twin_id, record in records.items() if record.name in names}

    return listed


def _told(_case: Case, value: Any) -> set[str]:  # noqa: ANN401  # JSON of any shape
    """Find the people of whose weight a briefing tells."""
    told = re.findall(r"(\w+), no new values", str(value))
    return {person_id for person_id, name in NAMES.items() if name in told}


def _shown(kind: Kind) -> Listed:
    """Return what finds the ids of the twins that a dashboard is made of."""
    part = "people" if kind == "person" else f"{kind}s"
    return lambda _case, value: {twin["id"] for twin in value[part]}


def _lists(kind: Kind, tools: Ways) -> Ways:
    query = f"{kind}s"
    return {
        f"GET {kind}s": rest("GET", f"{kind}s", listed=_documents(kind)),
        f"{DOMAIN}/list": command("list", lambda _: {"kind": kind}, listed=_documents(kind)),
        f"{DOMAIN}/subscribe": subscription(
            lambda _: {"kind": kind}, listed=_documents(kind, "twins")
        ),
        f"{DOMAIN}/dashboard": command("dashboard", listed=_shown(kind)),
        "POST query": rest(
            "POST", "query", lambda _: {"expression": query}, listed=_documents(kind, "result")
        ),
        f"{DOMAIN}/query": command(
            "query", lambda _: {"expression": query}, listed=_documents(kind)
        ),
        **_action("query", lambda _: {"expression": query}, listed=_documents(kind, "result")),
        **tools,
    }


def _reads(kind: Kind, tools: Ways) -> Ways:
    return {
        f"GET {kind}s/{{id}}": rest("GET", f"{kind}s/{{{kind}}}"),
        f"{DOMAIN}/get": command("get", lambda case: {"kind": kind, "twin": _twin(case, kind)}),
        f"{DOMAIN}/subscribe": subscription(
            lambda case: {"kind": kind, "twins": [_twin(case, kind)]}
        ),
        **_action("get_twin", lambda case: {"twin": _twin(case, kind)}),
        **tools,
    }


def _exports(kind: Kind) -> Ways:
    return {
        f"GET {kind}s/{{id}}/export": rest("GET", f"{kind}s/{{{kind}}}/export?synthetic=true"),
        **_action("export_twin", lambda case: {"twin": _twin(case, kind)}),
    }


def _earlier(kind: Kind) -> Ways:
    """Return the ways to read a twin as it was when it was added."""
    return {
        f"GET {kind}s/{{id}}": rest("GET", f"{kind}s/{{{kind}}}?at=1"),
        f"{DOMAIN}/get": command(
            "get", lambda case: {"kind": kind, "twin": _twin(case, kind), "at": 1}
        ),
        **_action("get_twin", lambda case: {"twin": _twin(case, kind), "at": "1"}),
    }


def _past(kind: Kind, listed: Listed | None = None) -> Ways:
    """Return the ways to ask what changed of one twin, or (with `listed`) of all of a kind."""
    of_all = listed is not None

    def asked(case: Case) -> Mapping[str, object]:
        of_one = {} if of_all else {"twins": _twin(case, kind)}
        return {"kind": kind, "since": case.begun} | of_one

    def said(case: Case) -> Mapping[str, object]:
        names = {"person": NAMES.get(case.person), "goal": case.code, "home": "Home"}
        return {"since": case.begun} | ({} if of_all else {kind: names[kind]})

    path = f"changes?kind={kind}&since={{begun}}" + ("" if of_all else f"&id={{{kind}}}")
    return {
        "GET changes": rest("GET", path, listed=listed),
        f"{DOMAIN}/changes": command("changes", asked, listed=listed),
        **_action("get_changes", asked, listed=listed),
        **_tool("get_changes", said, listed=_named_in_lines if of_all else None),
    }


def _supposes(parts: Parts) -> Ways:
    return {
        "POST simulate": rest("POST", "simulate", parts),
        f"{DOMAIN}/simulate": command("simulate", parts),
        **_action("simulate", parts),
    }


def _changed(_case: Case, value: Any) -> set[str]:  # noqa: ANN401  # JSON of any shape
    """Find the twins of which something is told to have changed."""
    return {change["twin_id"] for change in value["changes"]}


def _named_in_lines(_case: Case, value: Any) -> set[str]:  # noqa: ANN401  # JSON of any shape
    """Find the people of whom a sentence tells something."""
    return {key for key, name in NAMES.items() if f" {name}: " in str(value["changes"])}


async def _people_change(case: Case) -> None:
    for person_id in NAMES:
        patch = {"activity_level": "Light"}
        await case.household.registry.async_update(KINDS["person"], person_id, patch)


def _action(
    name: str, parts: Parts = no_parts, prepare: Prepare = nothing, listed: Listed | None = None
) -> Ways:
    name = f"{DOMAIN}.{name}"
    return {name: action(name, parts, prepare=prepare, listed=listed)}


def _tool(name: str, parts: Parts = no_parts, listed: Listed | None = None) -> Ways:
    return {f"{DOMAIN}__{name}": tool(name, parts, listed=listed)}


def _say(key: str, sentence: str, listed: Listed | None = None) -> Ways:
    return {f"“{sentence}”": say(key, sentence, listed=listed)}


# Ways to write.


def _sets_context(kind: Kind, key: str, context: str) -> Ways:
    def chosen(case: Case) -> Mapping[str, object]:
        twin_id = str(_twin(case, kind))
        return {**case.entity(Platform.SELECT, twin_id, key), "option": context}

    return {
        **_action("set_context", lambda case: {"twin": _twin(case, kind), "context": context}),
        **_entity("select.select_option", chosen),
    }


def _creates(kind: Kind, parts: Parts) -> Ways:
    return {
        f"POST {kind}s": rest("POST", f"{kind}s", parts),
        f"{DOMAIN}/create": command("create", lambda case: {"kind": kind, "values": parts(case)}),
    }


def _changes(kind: Kind, parts: Parts) -> Ways:
    return {
        f"PATCH {kind}s/{{id}}": rest("PATCH", f"{kind}s/{{{kind}}}", parts),
        f"{DOMAIN}/update": command(
            "update", lambda case: {"kind": kind, "twin": _twin(case, kind), "patch": parts(case)}
        ),
        **_action(f"update_{kind}", lambda case: {kind: _twin(case, kind), **parts(case)}),
    }


def _deletes(kind: Kind) -> Ways:
    return {
        f"DELETE {kind}s/{{id}}": rest("DELETE", f"{kind}s/{{{kind}}}"),
        f"{DOMAIN}/delete": command(
            "delete", lambda case: {"kind": kind, "twin": _twin(case, kind)}
        ),
    }


def _restores(kind: Kind) -> Ways:
    return _action("restore_twin", lambda case: {"twin": _twin(case, kind)})


def _entity(name: str, parts: Parts, prepare: Prepare = nothing) -> Ways:
    return {name: action(name, parts, prepare=prepare)}


def _spare(kind: Kind, *, trusted: bool = False, deleted: bool = False) -> Prepare:
    """Return what makes a twin that may be lost; `trusted`: only for who may do everything."""

    async def prepare(case: Case) -> None:
        if trusted and case.column not in TRUSTED:
            return
        registry = case.household.registry
        document: dict[str, object] = {"name": f"Spare {case.turn}"}
        if kind == "goal":
            document |= {"goal_code": f"S{case.turn}", "owner_person_id": case.owner}
        twin_id = KINDS[kind].id_of(await registry.async_create(KINDS[kind], document))
        if deleted:
            await registry.async_delete(KINDS[kind], twin_id, force=True)
        setattr(case, kind, twin_id)

    return prepare


async def _mood_changes(case: Case) -> None:
    case.household.hass.states.async_set("sensor.mood", _mood(case))


def _mood(case: Case) -> str:
    """Return a mood that was not recorded before."""
    return f"{1 + case.turn % 9000 / 1000:g}"


async def _has_done_item(case: Case) -> None:
    item = case.items[-1].rpartition("/")[2]
    update = {"key_result": "steps", "item": item, "state": "done"}
    await case.household.registry.async_update_progress(case.goal, update)


async def _file_of_readings(case: Case) -> None:
    case.household.write("moods.csv", f"metric,value,date\nmood,{_mood(case)},2026-03-01\n")


async def _file_of_goal(case: Case) -> None:
    if case.column in TRUSTED:
        case.household.write(f"goals/G{100 + case.turn}.md", "---\ntitle: Paint\n---\n\n# Paint\n")


def _in_maintenance(case: Case) -> Mapping[str, object]:
    until = dt_util.utcnow() + timedelta(days=1, seconds=case.turn)
    return {"device": case.household.device, "until": until.isoformat()}


def _new_goal(case: Case) -> Mapping[str, object]:
    return {"name": "New goal", "owner_person_id": case.owner}


READ_GOAL: Final[Ways] = {
    **_reads("goal", _tool("get_goals", lambda case: {"goal": case.code})),
    **_say("goal", "how is my goal {goal}"),
}
CHANGE_GOAL: Final[Ways] = {
    **_changes("goal", lambda _: {"description": "Other"}),
    **_action(
        "update_goal_progress",
        lambda case: {"goal": case.goal, "key_result": KEY, "value": case.turn},
    ),
    **_tool(
        "update_goal_progress",
        lambda case: {"goal": case.code, "key_result": KEY, "value": str(case.turn)},
    ),
    **_entity("number.set_value", lambda case: {**case.number, "value": case.turn}),
    **_entity("select.select_option", lambda case: {**case.status, "option": "on_hold"}),
    **_entity("select.select_first", lambda case: case.status),
    **_entity("select.select_last", lambda case: case.status),
    **_entity("select.select_next", lambda case: case.status),
    **_entity("select.select_previous", lambda case: case.status),
    **_entity("todo.add_item", lambda case: {**case.to_do, "item": "New step"}),
    **_entity(
        "todo.update_item",
        lambda case: {
            **case.to_do,
            "item": case.items[0],
            "status": "completed",
            "rename": "Other step",
        },
    ),
    **_entity("todo.remove_item", lambda case: {**case.to_do, "item": case.items[0]}),
    **_entity("todo.remove_completed_items", lambda case: case.to_do, _has_done_item),
    **_say("item", "tick off {item}"),
    "todo/item/move": of_home_assistant(
        "todo/item/move",
        lambda case: {**case.to_do, "uid": case.items[0], "previous_uid": case.items[1]},
        barred=frozenset(),
    ),
}
DELETE_GOAL: Final[Ways] = _action("delete_goal", lambda case: {"goal": case.goal})
RECORD: Final[Ways] = {
    "POST persons/{id}/readings": rest(
        "POST",
        "persons/{person}/readings",
        lambda case: {"metric": "mood", "value": float(_mood(case))},
    ),
    **_action(
        "update_health_metrics",
        lambda case: {"person": case.person, "metrics": {"mood": float(_mood(case))}},
    ),
    **_action(
        "record_entity_value",
        lambda case: {"person": case.person, "metric": "mood", "entity": "sensor.mood"},
        _mood_changes,
    ),
    **_action("record_quick_entry", lambda case: {"person": case.person, "entry": "tea"}),
    **_tool(
        "record_health_metric",
        lambda case: {"person": NAMES[case.person], "metric": "mood", "value": _mood(case)},
    ),
    **_entity(
        "button.press",
        lambda case: case.entity(Platform.BUTTON, case.person, f"{QUICK_ENTRY}tea"),
    ),
}


def _handler(kind: str) -> Parts:
    return lambda case: {"handler": [case.household.entry.entry_id, kind]}


FORMS: Final[Ways] = {
    "config_entries/flow": form("config/config_entries/flow", lambda _: {"handler": DOMAIN}),
    "config_entries/options/flow": form(
        "config/config_entries/options/flow",
        lambda case: {"handler": case.household.entry.entry_id},
    ),
    "config_entries/subentries/flow": together(
        form("config/config_entries/subentries/flow", _handler(kind)) for kind in KINDS
    ),
    "repairs/issues/fix": form(
        "repairs/issues/fix", lambda _: {"handler": DOMAIN, "issue_id": ISSUE}
    ),
    "diagnostics/config_entry": form("diagnostics/config_entry/{entry}"),
}
CRITERIA: Final[Mapping[str, Mapping[str, object]]] = {
    "goal_is": {"status": "active"},
    "home_is": {"status": "optimal"},
    "metric_is": {"metric": "weight", "above": 50},
}


def _of_each(name: str, part: str, options: Mapping[str, Mapping[str, object]]) -> Ways:
    """Return a command of Home Assistant, for all triggers or all conditions."""

    def configured(key: str) -> Parts:
        return lambda _: {part: {part: f"{DOMAIN}.{key}", "options": options.get(key, {})}}

    kinds = TRIGGERS if part == "trigger" else CONDITIONS
    return {name: together(of_home_assistant(name, configured(key)) for key in kinds)}


def _named_person(case: Case) -> Mapping[str, object]:
    return {"person": NAMES[case.person]}


OPERATIONS: Final[Mapping[str, Operation]] = {
    "List people": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_lists("person", _tool("get_overview", listed=_named("person", "people"))),
    ),
    "List homes": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_lists("home", _tool("get_home", listed=_named("home", "homes"))),
    ),
    "List goals": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_lists(
            "goal",
            {
                f"{DOMAIN}/goal_map": command("goal_map", listed=_documents("goal", "goals")),
                **_tool("get_goals", listed=_named("goal", "goals")),
            },
        ),
    ),
    "Briefing of the household: whose health": Operation(
        about=About.HOUSE,
        writes=False,
        ways={
            **_action("get_briefing", listed=_documents("person", "data", "health")),
            **_tool("get_briefing", lambda _: {"length": "full"}, listed=_told),
            **_say("briefing", "give me the briefing", listed=_told),
        },
    ),
    "Suppose something of a goal": Operation(
        writes=False, ways=_supposes(lambda case: {"goals": [{"goal": case.goal, "dropped": True}]})
    ),
    "Suppose a value of a metric of a person": Operation(
        writes=False,
        ways=_supposes(
            lambda case: {"metrics": [{"person": case.person, "metric": "weight", "value": 60}]}
        ),
    ),
    "Suppose a context of a person": Operation(
        writes=False,
        ways=_supposes(lambda case: {"contexts": [{"person": case.person, "context": "ill"}]}),
    ),
    "Suppose that a device is gone": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_supposes(lambda case: {"devices_gone": [case.household.device]}),
    ),
    "States of entities: whose health": Operation(
        about=About.HOUSE, writes=False, ways={"GET /api/states": states()}
    ),
    "What changed: of which people": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_past("person", _changed),
        prepare=_people_change,
    ),
    "What changed of a person": Operation(writes=False, ways=_past("person")),
    "What changed of a home": Operation(about=About.HOUSE, writes=False, ways=_past("home")),
    "What changed of a goal of a person": Operation(writes=False, ways=_past("goal")),
    "What changed of a goal without an owner": Operation(
        about=About.SHARED, writes=False, ways=_past("goal")
    ),
    "Read a person": Operation(
        writes=False, ways=_reads("person", _tool("get_person", _named_person))
    ),
    "Read a daily history": Operation(
        writes=False,
        ways={
            "GET persons/{id}/readings": rest("GET", "persons/{person}/readings?metric=weight"),
            f"{DOMAIN}/weeks": command(
                "weeks", lambda case: {"person": case.person, "metrics": True}
            ),
            **_action(
                "get_health_history", lambda case: {"person": case.person, "metric": "weight"}
            ),
            **_tool("get_person", lambda case: {**_named_person(case), "metric": "weight"}),
        },
    ),
    "Which metrics of a person go together": Operation(
        writes=False,
        ways={
            "GET persons/{id}/correlations": rest("GET", "persons/{person}/correlations"),
            f"{DOMAIN}/correlations": command("correlations", lambda case: {"person": case.person}),
            **_action("get_correlations", lambda case: {"person": case.person}),
        },
    ),
    "Briefing of a person": Operation(
        writes=False,
        ways={
            **_action("get_briefing", lambda case: {"person": case.person}),
            **_tool("get_briefing", _named_person),
            **_say("person", "how is {person} doing"),
        },
    ),
    "Hear how one is doing": Operation(
        about=About.HOUSE, writes=False, ways=_say("me", "how am I doing")
    ),
    "Read a home": Operation(
        about=About.HOUSE,
        writes=False,
        ways={
            **_reads("home", _tool("get_home", lambda _: {"home": "Home"})),
            **_say("home", "what is wrong at home"),
            **_say("home_named", "what is wrong in {home}"),
        },
    ),
    "Read a goal of a person": Operation(writes=False, ways=READ_GOAL),
    "Read a goal without an owner": Operation(
        about=About.SHARED,
        writes=False,
        ways=READ_GOAL | _say("goal_like", "how is my goal kitchen"),
    ),
    "Export a person": Operation(writes=False, ways=_exports("person")),
    "Export a home": Operation(about=About.HOUSE, writes=False, ways=_exports("home")),
    "Export a goal of a person": Operation(writes=False, ways=_exports("goal")),
    "Export a goal without an owner": Operation(
        about=About.SHARED, writes=False, ways=_exports("goal")
    ),
    "Read a person as it was": Operation(writes=False, ways=_earlier("person")),
    "Read a home as it was": Operation(about=About.HOUSE, writes=False, ways=_earlier("home")),
    "Read a goal of a person as it was": Operation(writes=False, ways=_earlier("goal")),
    "Read a goal without an owner as it was": Operation(
        about=About.SHARED, writes=False, ways=_earlier("goal")
    ),
    "Read the description of the API, the system information": Operation(
        about=About.HOUSE,
        writes=False,
        ways={
            "GET openapi.json": rest("GET", "openapi.json"),
            "system_health/info": subscription(no_parts, "system_health/info"),
        },
    ),
    "Add a person": Operation(
        about=About.HOUSE, ways=_creates("person", lambda _: {"name": "Eva"})
    ),
    "Add a home": Operation(about=About.HOUSE, ways=_creates("home", lambda _: {"name": "Flat"})),
    "Add a goal for a person": Operation(
        ways=_creates("goal", _new_goal) | _action("create_goal", _new_goal)
    ),
    "Add a goal without an owner": Operation(
        about=About.SHARED, ways=_creates("goal", _new_goal) | _action("create_goal", _new_goal)
    ),
    "Change a person": Operation(
        ways={
            **_changes("person", lambda _: {"gender": "Other"}),
            **_entity(
                "select.select_option",
                lambda case: {
                    **case.entity(Platform.SELECT, case.person, "activity_level"),
                    "option": "very_active",
                },
            ),
        }
    ),
    "Say who is told what of metrics": Operation(
        ways=_action("set_consent", lambda case: {"person": case.person, "assistants": "band"}),
    ),
    "Set the context of a person": Operation(
        ways=_sets_context("person", "person_context", "ill"),
    ),
    "Link a person to an account": Operation(
        ways=_changes("person", lambda _: {"person_entity": "person.guest"})
    ),
    "Record readings": Operation(ways=RECORD),
    "Record own readings by voice": Operation(
        about=About.HOUSE,
        ways={
            **_say("weigh", "I weigh 60 kg"),
            **_say("drank", "I drank 300 ml"),
            **_say("slept", "I slept 7 hours"),
            **_say("steps", "I walked 3000 steps"),
            **_say("blood_pressure", "log my blood pressure as 120 over 80"),
            **_say("record", "log my mood as 7"),
            **_say("entry", "I had a tea"),
        },
    ),
    "Import a file of readings": Operation(
        prepare=_file_of_readings,
        ways=_action(
            "import_health_metrics",
            lambda case: {"person": case.person, "path": case.household.path("moods.csv")},
        ),
    ),
    "Change a home": Operation(about=About.HOUSE, ways=_changes("home", lambda _: {"name": "Hut"})),
    "Set the context of a home": Operation(
        about=About.HOUSE, ways=_sets_context("home", "context", "guests")
    ),
    "Begin the maintenance of a device": Operation(
        about=About.HOUSE, ways=_action("set_maintenance", _in_maintenance)
    ),
    "Change a goal of a person": Operation(ways=CHANGE_GOAL),
    "Change an item of today of a person": Operation(
        ways=_entity(
            "todo.update_item",
            lambda case: {
                **case.today,
                "item": f"{case.goal}/{case.items[0]}",
                "status": "completed",
                "rename": "Other step",
            },
        )
    ),
    "Change a goal without an owner": Operation(about=About.SHARED, ways=CHANGE_GOAL),
    "Give a goal to somebody else": Operation(
        ways=_changes("goal", lambda case: {"owner_person_id": ANNA if case.person == JAN else JAN})
    ),
    "Delete a person": Operation(prepare=_spare("person", trusted=True), ways=_deletes("person")),
    "Delete a home": Operation(
        about=About.HOUSE, prepare=_spare("home", trusted=True), ways=_deletes("home")
    ),
    "Delete a goal of a person": Operation(
        prepare=_spare("goal"), ways=_deletes("goal") | DELETE_GOAL
    ),
    "Delete a goal without an owner": Operation(
        about=About.SHARED, prepare=_spare("goal"), ways=_deletes("goal") | DELETE_GOAL
    ),
    "Restore a person": Operation(
        about=About.HOUSE, prepare=_spare("person", deleted=True), ways=_restores("person")
    ),
    "Restore a home": Operation(
        about=About.HOUSE, prepare=_spare("home", deleted=True), ways=_restores("home")
    ),
    "Restore a goal of a person": Operation(
        prepare=_spare("goal", deleted=True), ways=_restores("goal")
    ),
    "Restore a goal without an owner": Operation(
        about=About.SHARED, prepare=_spare("goal", deleted=True), ways=_restores("goal")
    ),
    "Read the goals folder": Operation(
        about=About.HOUSE, prepare=_file_of_goal, ways=_action("sync_goals")
    ),
    "Forms, repairs, diagnostics": Operation(about=About.HOUSE, writes=False, ways=FORMS),
    "Delete a twin in the settings": Operation(
        about=About.HOUSE,
        prepare=_spare("goal"),
        ways={
            "config_entries/subentries/delete": of_home_assistant(
                "config_entries/subentries/delete",
                lambda case: {
                    "entry_id": case.household.entry.entry_id,
                    "subentry_id": subentry_ids(case.household.entry)[case.goal],
                },
            )
        },
    ),
    "Listen to triggers, test conditions": Operation(
        about=About.HOUSE,
        writes=False,
        ways=_of_each("subscribe_trigger", "trigger", {})
        | _of_each("test_condition", "condition", CRITERIA),
    ),
}
