"""Gives goals the past that they would have if they had been kept for months."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
import math

from .client import Client, Json
from .goals import Plan, Step

# A word or an hour that was added to what the goals folder says, so many days before today.
LEARNED = {"words_i_know": 640, "hours_of_listening": 31}
_LEARNED_SINCE = 88
_LEARNED_EACH = 8
NORWEGIAN = "G05"
# The hour at which people say what they did.
EVENING = "20:15"


async def fill_goals(
    client: Client, people: Mapping[str, str], plans: Iterable[Plan], today: date
) -> None:
    """Make goals with actions, and everything that was done for them.

    Args:
        client: An administrator.
        people: The ids of the devices of people by name.
        plans: The goals.
        today: What was done lies before this day.
    """
    known = [*plans]
    for plan in known:
        fields: Json = {"goal_code": plan.code, "name": plan.name, **plan.fields}
        if plan.owner:
            fields["owner_person_id"] = people[plan.owner]
        await client.action("digital_twin.create_goal", **fields)
    # What is done for one goal has an order, what is done for several has none.
    await asyncio.gather(*(_live(client, plan, today) for plan in known))


async def _live(client: Client, plan: Plan, today: date) -> None:
    goal = await _do(client, plan.code, plan.steps, today)
    patch = dict(plan.becomes)
    if plan.waits_for:
        patch["dependencies"] = [*plan.waits_for]
    if plan.follows:
        patch["progress_metrics"] = [
            {**each, "source": {"metric": metric}}
            if (metric := plan.follows.get(each["key"]))
            else each
            for each in goal["progress_metrics"]
        ]
    if patch:
        await client.action("digital_twin.update_goal", goal=plan.code, **patch)


async def _do(client: Client, code: str, steps: Iterable[Step], today: date) -> Json:
    """Do one thing after the other; return the goal as it is then."""
    goal: Json = {}
    for step in steps:
        day = today - timedelta(days=step.ago)
        goal = await client.action(
            "digital_twin.update_goal_progress",
            response=True,
            goal=code,
            measured_at=f"{day.isoformat()} {EVENING}",
            **step.update,
        )
    return goal


async def learn_norwegian(client: Client, today: date) -> None:
    """Let the goal of the goals folder have come to where its file says that it is."""
    await _do(client, NORWEGIAN, learned(), today)


def learned() -> Iterator[Step]:
    """Yield what was learned in the last months."""
    days = range(_LEARNED_SINCE, 1, -_LEARNED_EACH)
    for number, ago in enumerate(days, start=1):
        for key, now in LEARNED.items():
            yield Step(ago, {"key_result": key, "value": _rounded(now, number, len(days))})


def _rounded(now: int, number: int, count: int) -> int:
    """Return a part of what is known now: more in the beginning, all of it at the end."""
    return round(now * math.pow(number / count, 0.8))
