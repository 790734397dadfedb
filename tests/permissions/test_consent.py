"""What a person keeps from an audience, no way to ask tells it; cell by cell."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
import pytest

from custom_components.digital_twin.twin.enums import Audience, Disclosure
from custom_components.digital_twin.twin.metrics.person import PERSON
from tests.common import JAN

from .callers import Case, Column
from .household import WEIGHTS, Household
from .operations import OPERATIONS, About

in_the_household = pytest.mark.asyncio(loop_scope="package")

ADMINISTRATOR = "Administrator"
WEIGHT = str(WEIGHTS[JAN])
# Tools round it.
ROUNDED = f'"value":{WEIGHTS[JAN]:.1f}'
WITHHELD = (Disclosure.BAND, Disclosure.TREND, Disclosure.NOTHING)
# What anybody may ask, of people and of their goals, by operation and way.
QUESTIONS = [
    pytest.param(name, way, id=f"{name} | {way}")
    for name, operation in OPERATIONS.items()
    if operation.about is not About.SHARED and not operation.writes
    for way in operation.ways
    # It has a weight as an example.
    if way != "GET openapi.json"
]


def audience_of(way: str) -> Audience | None:
    """Return to whom the answer goes when an administrator asks; None for nobody else."""
    if way.startswith(("“", "digital_twin__")):
        return Audience.ASSISTANTS
    if way.startswith(("GET ", "POST ", "HEAD ")) and "/api/states" not in way:
        return Audience.API
    return Audience.HOUSEHOLD if way == "GET /api/states" else None


async def async_weight_in(
    household: Household, name: str, way: str, column: Column = Column.ADMINISTRATOR
) -> str:
    """Ask, and return what is around Jan's weight in the answer, nothing without it."""
    await household.begin()
    operation = OPERATIONS[name]
    case = Case(household=household, column=column)
    begin = household.state()
    try:
        await operation.prepare(case)
        await operation.ways[way].prepare(case)
        await household.hass.async_block_till_done()
        answer = await operation.ways[way].ask(case)
        await household.hass.async_block_till_done()
    finally:
        await household.tidy(begin)
    at = max(answer.text.find(each) for each in (WEIGHT, ROUNDED))
    return answer.text[max(0, at - 200) : at + 100] if at >= 0 else ""


@asynccontextmanager
async def told(
    household: Household, level: Disclosure, *audiences: Audience
) -> AsyncGenerator[None]:
    """Let audiences know no more than this of Jan's weight."""
    patch = {"weight": {audience.value: level.value for audience in audiences}}
    await household.registry.async_update(PERSON, JAN, {"consent": patch})
    await household.hass.async_block_till_done()
    try:
        yield
    finally:
        await household.registry.async_update(PERSON, JAN, {"consent": {"weight": None}})
        await household.hass.async_block_till_done()


@in_the_household
@pytest.mark.parametrize(("name", "way"), QUESTIONS)
async def test_an_answer_tells_its_audience_no_more_than_it_may_know(
    household: Household, name: str, way: str
) -> None:
    exact = await async_weight_in(household, name, way)
    audience = audience_of(way)
    others = [each for each in Audience if each is not audience]
    for level in WITHHELD:
        if audience is not None:
            async with told(household, level, audience):
                assert not await async_weight_in(household, name, way)
        if "as it was" in name:
            # What is known of the first revision depends on what other cells did since.
            continue
        # What others may know is nothing to those who may know it.
        async with told(household, level, *others):
            assert bool(await async_weight_in(household, name, way)) is bool(exact)


@in_the_household
@pytest.mark.parametrize(("name", "way"), QUESTIONS)
async def test_somebody_else_is_told_what_the_household_may_know(
    household: Household, name: str, way: str
) -> None:
    if Column.OTHERS not in OPERATIONS[name].ways[way].columns:
        return
    for level in WITHHELD:
        async with told(household, level, Audience.HOUSEHOLD):
            assert not await async_weight_in(household, name, way, Column.OTHERS)


@asynccontextmanager
async def as_an_app(household: Household) -> AsyncGenerator[None]:
    """Let the administrator ask with a long-lived access token, as apps do."""
    user = await household.hass.auth.async_get_user(household.user_ids[ADMINISTRATOR])
    assert user is not None
    refresh = await household.hass.auth.async_create_refresh_token(
        user,
        client_name=f"App {household.turn}",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=7),
    )
    token, socket = household.tokens[ADMINISTRATOR], household.sockets.pop(ADMINISTRATOR, None)
    household.tokens[ADMINISTRATOR] = household.hass.auth.async_create_access_token(refresh)
    try:
        yield
    finally:
        await household.sockets.pop(ADMINISTRATOR).close()
        household.tokens[ADMINISTRATOR] = token
        if socket is not None:
            household.sockets[ADMINISTRATOR] = socket


@in_the_household
@pytest.mark.parametrize(
    ("name", "way"), [each for each in QUESTIONS if audience_of(str(each.values[1])) is None]
)
async def test_an_app_is_told_no_more_whatever_it_calls(
    household: Household, name: str, way: str
) -> None:
    for level in WITHHELD:
        async with told(household, level, Audience.API):
            await household.socket(ADMINISTRATOR)
            async with as_an_app(household):
                await household.socket(ADMINISTRATOR)
                assert not await async_weight_in(household, name, way)


@in_the_household
async def test_the_weight_would_be_found(household: Household) -> None:
    """With nothing withheld so many ways tell it that the tests above can fail."""
    found = {
        way
        for name, operation in OPERATIONS.items()
        if operation.about is About.PEOPLE and not operation.writes
        for way in operation.ways
        if await async_weight_in(household, name, way)
    }
    assert found >= {
        "GET persons/{id}",
        "GET persons/{id}/readings",
        "GET goals/{id}",
        "digital_twin/get",
        "digital_twin/subscribe",
        "digital_twin.get_twin",
        "digital_twin.get_health_history",
        "digital_twin__get_person",
        "digital_twin__get_goals",
    }
