"""Each cell of the table in `docs/who-sees-what.md` is a test, and nothing is missing from it."""

from collections.abc import Iterator
import logging
import re

from homeassistant.components import websocket_api
from homeassistant.const import Platform
from homeassistant.helpers import entity_registry as er, llm
import pytest

from custom_components.digital_twin.const import DOMAIN

from .callers import (
    API,
    NO_LOGIN,
    NO_PERSON,
    UNAUTHORIZED,
    Answer,
    Case,
    Column,
    Way,
    llm_context,
    texts,
)
from .household import PRIVATE, SHARED, WEIGHTS, Household
from .operations import OPERATIONS, TRUSTED, About
from .table import Row, rows

in_the_household = pytest.mark.asyncio(loop_scope="package")

# What cells say of a refusal, and the key of its text.
REFUSALS = {
    "administrators only": "administrators_only",
    "household only": "household_only",
    "own goals only": "own_goals_only",
    "own person only": "own_person_only",
    "read only": "read_only_user",
    "no person": NO_PERSON,
    "no": NO_LOGIN,
}
LISTS = ("all", "none", "own", "own, if shown", "shown", "without an owner")
TABLE = {row.name: row for row in rows()}
CELLS = [
    pytest.param(row.name, name, column, id=f"{row.name} | {name} | {column}")
    for row in TABLE.values()
    if row.name in OPERATIONS
    for name, way in OPERATIONS[row.name].ways.items()
    for column, cell in row.cells.items()
    if cell and name in row.ways and column in way.columns
]
# Actions of platforms that change nothing.
READING = {"todo.get_items", "calendar.get_events"}
# The platform has it; the calendar of the goals is not written.
UNSUPPORTED = {"calendar.create_event"}


@in_the_household
@pytest.mark.parametrize(("name", "way_name", "column"), CELLS)
async def test_who_may_do_what(
    household: Household,
    caplog: pytest.LogCaptureFixture,
    name: str,
    way_name: str,
    column: Column,
) -> None:
    operation, cell = OPERATIONS[name], TABLE[name].cells[column]
    way = operation.ways[way_name]
    listen(caplog)
    await household.begin()
    case = Case(household=household, column=column, shared=operation.about is About.SHARED)
    begin = household.state()
    try:
        await operation.prepare(case)
        await way.prepare(case)
        await household.hass.async_block_till_done()
        before = household.state()
        answer = await way.ask(case)
        await household.hass.async_block_till_done()
        after = household.state()
    finally:
        await household.tidy(begin)
    assert answer.reason == reason_in(cell, way, column)
    if cell in LISTS:
        assert way.listed is not None
        assert way.listed(case, answer.value) == expected(cell, case, name)
    assert (after != before) is (operation.writes and answer.reason is None)
    assert weights_in(answer.text, unreadable(case, answer)) == []
    assert weights_in(log(caplog), {*WEIGHTS}) == []


def reason_in(cell: str, way: Way, column: Column) -> str | None:
    """Return the reason of the refusal that a cell tells of; None for none."""
    if cell not in REFUSALS:
        assert cell == "yes" or cell in LISTS
        return None
    return UNAUTHORIZED if column in way.barred else REFUSALS[cell]


def expected(cell: str, case: Case, name: str) -> set[str]:
    """Return the ids of the twins that a cell lets somebody see."""
    registry = case.household.registry
    people, own = {*registry.persons}, {*case.own}
    every = {"List homes": {*registry.homes}, "List goals": {*registry.goals}}
    return {
        "all": every.get(name, people),
        "none": set(),
        "own": own,
        "own, if shown": own - PRIVATE,
        "shown": people - PRIVATE,
        "without an owner": {SHARED},
    }[cell]


def unreadable(case: Case, answer: Answer) -> set[str]:
    """Return the ids of the people of whom an answer may tell no weight."""
    if answer.reason is not None:
        return {*WEIGHTS}
    return set() if case.column in TRUSTED else {*PRIVATE - case.own}


@in_the_household
async def test_the_weights_would_be_found(household: Household) -> None:
    case = Case(household=household, column=Column.ADMINISTRATOR)
    answer = await OPERATIONS["List people"].ways["GET persons"].ask(case)
    assert sorted(weights_in(answer.text, {*WEIGHTS})) == sorted(WEIGHTS.values())


def weights_in(text: str, people: set[str]) -> list[float]:
    """Return the weights of people that a text tells."""
    return [WEIGHTS[person_id] for person_id in people if str(WEIGHTS[person_id]) in text]


def listen(caplog: pytest.LogCaptureFixture) -> None:
    """Listen to everything in the log; at level debug Home Assistant writes all that it does."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, f"custom_components.{DOMAIN}")


def log(caplog: pytest.LogCaptureFixture) -> str:
    """Return the log with every traceback."""
    return "\n".join(map(logging.Formatter().format, caplog.records))


def test_the_table_has_the_operations_of_the_tests() -> None:
    assert {name: {*row.ways} for name, row in TABLE.items()} == {
        name: {*operation.ways} for name, operation in OPERATIONS.items()
    }


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_row_says_something_of_everybody_who_can_call(row: Row) -> None:
    operation = OPERATIONS[row.name]
    callers = {column for way in operation.ways.values() for column in way.columns}
    if operation.about is not About.PEOPLE:
        callers -= {Column.OTHERS}
    assert {column for column, cell in row.cells.items() if cell} == callers
    assert {cell for cell in row.cells.values() if cell} <= {"yes", *LISTS, *REFUSALS}


def in_table(pattern: str) -> set[str]:
    """Return what the table calls in a way that a pattern describes."""
    ways = (way for row in TABLE.values() for way in row.ways)
    return {found[1] for way in ways if (found := re.fullmatch(pattern, way))}


@in_the_household
async def test_every_route_is_in_the_table(household: Household) -> None:
    assert in_table(r"([A-Z]+ (?!/).+)") == {*routes(household)}


def routes(household: Household) -> Iterator[str]:
    """Yield the routes of the API, one for each kind of twin where it is a part of the path."""
    for route in household.hass.http.app.router.routes():
        resource = route.resource
        if resource is None or not resource.canonical.startswith(API):
            continue
        # What is answered to GET is answered to HEAD without the body.
        if route.method in ("HEAD", "OPTIONS"):
            continue
        path = resource.canonical.removeprefix(f"{API}/")
        kinds = ("persons", "homes", "goals") if "{kinds}" in path else ("",)
        for kind in kinds:
            named = re.sub(r"{\w+}", "{id}", path.replace("{kinds}", kind))
            yield f"{route.method} {named}"


@in_the_household
async def test_every_websocket_command_is_in_the_table(household: Household) -> None:
    commands = household.hass.data[websocket_api.DOMAIN]
    assert in_table(rf"({DOMAIN}/\w+)") == {
        name for name in commands if name.startswith(f"{DOMAIN}/")
    }


@in_the_household
async def test_every_action_is_in_the_table(household: Household) -> None:
    actions = household.hass.services.async_services_for_domain(DOMAIN)
    assert in_table(rf"{DOMAIN}\.(\w+)") == {*actions}


@in_the_household
async def test_every_tool_is_in_the_table(household: Household) -> None:
    case = Case(household=household, column=Column.ADMINISTRATOR)
    api = await llm.async_get_api(household.hass, llm.LLM_API_ASSIST, llm_context(case.context))
    tools = {tool.name for tool in api.tools if tool.name.startswith(f"{DOMAIN}__")}
    assert in_table(rf"({DOMAIN}__\w+)") == tools


@in_the_household
async def test_every_action_of_an_entity_is_in_the_table(household: Household) -> None:
    entities = er.async_entries_for_config_entry(
        er.async_get(household.hass), household.entry.entry_id
    )
    actions = {
        f"{platform}.{name}"
        for platform in {entity.domain for entity in entities}
        for name in household.hass.services.async_services_for_domain(platform)
    }
    assert in_table(rf"((?!{DOMAIN}\.)\w+\.\w+)") == actions - READING - UNSUPPORTED
    calendar = household.hass.states.async_all(Platform.CALENDAR)
    assert ["supported_features" in state.attributes for state in calendar] == [False]


def test_every_sentence_is_in_the_table() -> None:
    ways = (way for operation in OPERATIONS.values() for way in operation.ways.values())
    around = {"before", "after"}
    assert {way.sentence for way in ways if way.sentence} == (
        texts()["selector"]["sentences"]["options"].keys() - around
    )
