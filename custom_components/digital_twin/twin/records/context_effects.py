"""What the contexts of people and homes pause: one table, which the options can change.

docs/context.md shows the table. With the rules by which entities set contexts, also options.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ..enums import ContextEffect, HomeContext, PersonContext, TwinEnum
from ..values import PlainJson
from .contexts import USUAL, ContextPeriod, InContext, period_document
from .limits import TEXT, list_of, object_of, one_of, or_null

# The key of the options with what contexts pause: a list of contexts by effect.
EFFECTS_OPTION: Final = "context_effects"
# The contexts that have an effect, by effect.
type Effects = Mapping[ContextEffect, frozenset[str]]

PERSON_EFFECTS: Final = (
    ContextEffect.PLANS,
    ContextEffect.STALLED,
    ContextEffect.UNUSUAL,
    ContextEffect.BASELINES,
)
HOME_EFFECTS: Final = (ContextEffect.OCCUPANCY, ContextEffect.DEVICES)

_ALL_OF_A_PERSON: Final = frozenset(PERSON_EFFECTS)
_BY_CONTEXT: Final[Mapping[TwinEnum, frozenset[ContextEffect]]] = MappingProxyType(
    {
        PersonContext.ILL: _ALL_OF_A_PERSON,
        PersonContext.INJURED: _ALL_OF_A_PERSON,
        PersonContext.TRAVELLING: _ALL_OF_A_PERSON,
        PersonContext.HOLIDAY: frozenset({ContextEffect.PLANS, ContextEffect.STALLED}),
        PersonContext.EXAM: frozenset({ContextEffect.STALLED}),
        PersonContext.BUSY: frozenset({ContextEffect.STALLED}),
        PersonContext.NIGHT_SHIFTS: frozenset({ContextEffect.UNUSUAL, ContextEffect.BASELINES}),
        HomeContext.GUESTS: frozenset({ContextEffect.OCCUPANCY}),
        HomeContext.PARTY: frozenset({ContextEffect.OCCUPANCY}),
        HomeContext.AWAY: frozenset(),
        HomeContext.RENOVATION: frozenset({ContextEffect.DEVICES}),
    }
)
DEFAULT_EFFECTS: Final[Effects] = MappingProxyType(
    {
        effect: frozenset(str(each) for each, effects in _BY_CONTEXT.items() if effect in effects)
        for effect in ContextEffect
    }
)


def contexts_with_effects(effect: ContextEffect) -> list[str]:
    """Return the contexts that may have an effect: all but the usual one, in their order."""
    enum: type[TwinEnum] = PersonContext if effect in PERSON_EFFECTS else HomeContext
    return [each.value for each in enum if each.value != USUAL]


def effects_from_options(options: Mapping[str, object]) -> Effects:
    """Return what contexts pause: a list of contexts by effect, the default where there is none.

    Contexts that an effect cannot have are ignored.
    """
    found: dict[ContextEffect, frozenset[str]] = {}
    for effect in ContextEffect:
        chosen = options.get(effect.value)
        possible = frozenset(contexts_with_effects(effect))
        found[effect] = (
            possible.intersection(map(str, chosen))
            if isinstance(chosen, list | tuple)
            else DEFAULT_EFFECTS[effect]
        )
    return MappingProxyType(found)


def paused_by(twin: InContext, effects: Effects) -> frozenset[ContextEffect]:
    """Return what the present context of a twin pauses."""
    return frozenset(effect for effect, contexts in effects.items() if twin.context in contexts)


# What a present context pauses, in the document of a person or a home.
PAUSED_PART: Final = or_null(
    object_of(
        context=TEXT,
        since=TEXT,
        until=or_null(TEXT),
        effects=list_of(one_of(ContextEffect)),
    )
)


def paused_document(twin: InContext, effects: Effects) -> dict[str, PlainJson] | None:
    """Return what the present context of a twin pauses, since when; None if it pauses nothing."""
    paused = paused_by(twin, effects)
    if not paused or twin.context_since is None:
        return None
    present = ContextPeriod(twin.context, twin.context_since, twin.context_until)
    told = [effect.value for effect in ContextEffect if effect in paused]
    return {**period_document(present), "effects": [*told]}


# The key of the options with the rules: a list of objects with the parts of a rule.
RULES_OPTION: Final = "context_rules"
# The state of a running event, and the texts of a rule that any event of a calendar follows.
ANY_EVENT: Final = "on"


class ContextRule(NamedTuple):
    """A twin is in a context while an entity (as records keep it) has a state.

    `state` of a calendar is a part of the title of the event that is running, or `on` for any.
    """

    twin_id: str
    entity: str
    state: str
    context: str

    def holds(self, state: str, title: str | None) -> bool:
        """Return whether a state is that of the rule; `title` is that of a calendar's event."""
        if title is None:
            return state == self.state
        any_event = self.state.casefold() == ANY_EVENT
        return state == ANY_EVENT and (any_event or self.state.casefold() in title.casefold())


def rules_from_options(options: Mapping[str, object]) -> tuple[ContextRule, ...]:
    """Read the rules of the options; what is none is left out."""
    stored = options.get(RULES_OPTION)
    documents = stored if isinstance(stored, list | tuple) else ()
    return tuple(
        ContextRule(**{name: str(each[name]) for name in ContextRule._fields})
        for each in documents
        if isinstance(each, Mapping) and each.keys() >= {*ContextRule._fields}
    )
