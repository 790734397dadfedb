"""Sentences that answer how a goal is, and what is wrong at home."""

from collections.abc import Sequence
from datetime import date

from ..enums import Length
from ..home.situations import HomeSituation, cause_texts
from ..values import Wording
from .assessment import values_without_start
from .briefing import GoalState, needed_text, shortened

# The placeholders of reasons that are days.
DAYS = ("day", "since", "start", "target")
# The reasons behind which it is said what is needed per week.
WORK = frozenset({"ahead", "on_track", "behind", "at_risk", "stalled"})


def goal_text(words: Wording, state: GoalState, blockers: Sequence[str | None]) -> str:
    """Return how far a goal is and why, with what it needs per week.

    `blockers` are the names of the goals that it waits for, None for one that may not be told.
    """
    goal, found = state.goal, state.assessment
    key = found.reason.key
    given = found.reason.placeholders
    said = {name: words.day(date.fromisoformat(given[name])) for name in DAYS if given.get(name)}
    said["days"] = words.counted("days", int(given.get("days", 0)))
    if key == "completed" and not given["day"]:
        key = "completed_once"
    elif key == "blocked":
        names = [words.name(each) for each in blockers if each is not None]
        key = key if names else "blocked_hidden"
        said["goals"] = words.listed(names) if names else ""
    elif key == "no_progress" and (names := list(values_without_start(goal))):
        key, said["names"] = "no_start_value", words.listed(names)
    elif key == "paused" and goal.holds:
        key, said["since"] = "paused_since", words.day(goal.holds[-1].since)
    why = words.say(f"spoken.why_{key}", **said)
    name = words.name(goal.name)
    if found.progress is None:
        return words.say("spoken.goal_unmeasured", goal=name, why=why)
    text = words.say("spoken.goal", goal=name, progress=f"{found.progress:.0f}", why=why)
    needed = needed_text(words, state) if key in WORK and found.needed_per_week else ""
    if needed:
        text = f"{text} {words.say('spoken.needed', needed=needed)}"
    since = found.pauses.standing_since(words.today) if key in WORK else None
    if since is None:
        return text
    return f"{text} {words.say('spoken.standing_still', since=words.day(since))}"


def home_text(words: Wording, homes: Sequence[HomeSituation]) -> str:
    """Return what is wrong at the homes, or that all is well; alerts come first."""
    causes = shortened(words, Length.FULL, "home", cause_texts(words, homes))
    return " ".join(causes or [words.say("home_ok")])
