"""What writes sentences with the texts of Home Assistant's translations."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from homeassistant.const import MAX_LENGTH_STATE_STATE
from homeassistant.util import dt as dt_util

from ..const import option_path
from ..twin.goals.assessment import GoalAssessment, NeededAmount, values_without_start
from ..twin.goals.goal import Goal
from ..twin.home.situations import cause_text, chained
from ..twin.values import Wording
from .outages import HomeFault

# The reasons behind which it is said what is needed per week.
WORK: Final = frozenset({"ahead", "on_track", "behind", "at_risk", "stalled"})
# What is a date in the placeholders of reasons.
DAYS: Final = frozenset({"day", "since", "start"})


def wording_of(texts: Mapping[str, str], language: str, *, markdown: bool = False) -> Wording:
    """Return what writes sentences with the texts of selectors, as of now at the household."""

    def text(key: str) -> str:
        selector, _, option = key.rpartition(".")
        return texts.get(option_path(selector or "briefing", option), "")

    zone = dt_util.get_default_time_zone()
    base = language.replace("_", "-").partition("-")[0].lower()
    return Wording(text, base, dt_util.now().date(), zone, markdown)


def needed_text(words: Wording, found: NeededAmount | None, percent: float) -> str:
    """Return what a goal needs per week: an amount in its unit, or else in percent."""
    unit = "%" if found is None else found.unit or words.say("pace_reason.steps")
    number = words.number(percent if found is None else found.amount)
    return f"{number}%" if unit == "%" else f"{number} {unit}"


def needed_ending(words: Wording, found: NeededAmount | None, percent: float) -> str:
    """Return the end of a reason that says what is needed; less than a step a week in weeks."""
    if found is not None and found.unit is None and 0 < found.amount < 1:
        return words.counted("pace_reason.needed_rare", int(1 / found.amount))
    return words.say("pace_reason.needed", needed=needed_text(words, found, percent))


class ReasonParts(NamedTuple):
    """What a reason of a pace is told with.

    `needed`: its end that says what is needed per week, None where nothing is. `fault`: what is
    behind the silence of key results, None where that is not known or not told.
    """

    needed: str | None
    fault: HomeFault | None


def pace_reason_text(
    words: Wording, goal: Goal, assessment: GoalAssessment, parts: ReasonParts
) -> str:
    """Return the reason of a goal's pace as a sentence that is short enough for a state."""
    reason = assessment.reason
    key = reason.key
    said = {**reason.placeholders, "progress": f"{assessment.progress or 0:.0f}"}
    if key == "no_progress" and (names := values_without_start(goal)):
        key, said["names"] = "no_start_value", ", ".join(names)
    if key == "paused" and goal.holds:
        key, said["since"] = "paused_since", goal.holds[-1].since.isoformat()
    if said.get("days") == "1" and words.texts(f"pace_reason.{key}_one"):
        key = f"{key}_one"
    for name in DAYS & said.keys():
        said[name] = words.full_day(date.fromisoformat(said[name]))
    sentence = words.say(f"pace_reason.{key}", **said)
    if key == "unreliable" and parts.fault:
        first = cause_text(words, parts.fault.cause).rstrip(".")
        last = words.say("pace_reason.unreliable_forecast")
        chain = chained(words, (first, sentence[:1].lower() + sentence[1:], last))
        sentence = chain if len(chain) <= MAX_LENGTH_STATE_STATE else sentence
    if reason.key in WORK and parts.needed:
        sentence += parts.needed
    if reason.key in WORK and (since := assessment.pauses.standing_since(words.today)):
        sentence += words.say("pace_reason.standing_still", since=words.full_day(since))
    return sentence[:MAX_LENGTH_STATE_STATE]
