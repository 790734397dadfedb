"""What a person lets others know of each metric: the only place that decides it.

An audience is told a metric exactly, as a band (low, usual or high), as a trend, or not at all.
The person themself and administrators, in Home Assistant's own user interface, and automations
are no audience: they are told everything.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from ..enums import Audience, Disclosure
from ..errors import refuse, without_values
from ..records.fields import Context, FaultCollector
from ..records.limits import Limits, limited, option_limits, with_null
from ..records.parsers import option
from ..values import Json, PlainJson
from .units import metric_of

type Consent = Mapping[str, Mapping[Audience, Disclosure]]

# The fields of a person that decide what is told of metrics.
DISCLOSED_BY: Final = ("health_entities", "consent")
# Stands for all metrics that are not named.
ALL: Final = "*"
NO_CONSENT: Consent = MappingProxyType({})
# Health values do not leave the instance unless their person wants it.
DEFAULTS: Final[Mapping[Audience, Disclosure]] = MappingProxyType(
    {**dict.fromkeys(Audience, Disclosure.EXACT), Audience.REMOTE: Disclosure.NOTHING}
)
type Audiences = Collection[Audience]
EVERYTHING: Final[Audiences] = ()
HOUSEHOLD: Final[Audiences] = (Audience.HOUSEHOLD,)


class Discloser(Protocol):
    """The fields of a person that decide what is told of metrics."""

    @property
    def health_entities(self) -> bool:
        """Whether the household is told anything of health at all."""

    @property
    def consent(self) -> Consent:
        """What each audience is told, by metric."""


def disclosure(person: Discloser, metric: str, audiences: Audiences) -> Disclosure:
    """Return what all of some audiences may know of a metric; everything, if there are none."""
    found = {_disclosure(person, metric, each) for each in audiences} - {Disclosure.EXACT}
    if len(found) > 1:
        # Neither a band tells the trend, nor the other way round.
        return Disclosure.NOTHING
    return found.pop() if found else Disclosure.EXACT


def _disclosure(person: Discloser, metric: str, audience: Audience) -> Disclosure:
    if audience is Audience.HOUSEHOLD and not person.health_entities:
        return Disclosure.NOTHING
    for key in (metric, ALL):
        if (found := person.consent.get(key, {}).get(audience)) is not None:
            return found
    return DEFAULTS[audience]


def discloses(person: Discloser, metrics: Iterable[str], audiences: Audiences) -> bool:
    """Return whether all of some audiences may know the values of all of some metrics."""
    return all(disclosure(person, each, audiences) is Disclosure.EXACT for each in metrics)


def tells_unusual(person: Discloser, metric: str, audiences: Audiences) -> bool:
    """Return whether all of some audiences may know that a metric is unusual, low or high."""
    return disclosure(person, metric, audiences) in (Disclosure.EXACT, Disclosure.BAND)


def tells_anything(person: Discloser, metric: str, audiences: Audiences) -> bool:
    """Return whether all of some audiences may know anything of a metric."""
    return disclosure(person, metric, audiences) is not Disclosure.NOTHING


LEVELS: Final = Limits(
    type="object",
    parts=dict.fromkeys(Audience.slugs(), option_limits(Disclosure)),
)


@limited(Limits(type="object", others=with_null(LEVELS)))
def parse_consent(raw: object, context: Context) -> Consent:
    """Parse `{metric: {audience: disclosure}}`; the metric `*` stands for all that are not named.

    Raises `TwinError` with every fault, among them `unknown_metric` and `not_an_option`.
    """
    if not isinstance(raw, Mapping):
        raise refuse("wrong_type", "", value=raw, expected="object")
    collector = FaultCollector()
    none: Mapping[Audience, Disclosure] = {}
    found = {
        str(key): collector.take(str(key), partial(_levels, key, levels, context), none)
        for key, levels in raw.items()
    }
    collector.raise_faults()
    return MappingProxyType({key: levels for key, levels in found.items() if levels})


@without_values()
def _levels(key: object, raw: object, context: Context) -> Mapping[Audience, Disclosure]:
    # The household's metric may have been removed; what is stored is kept.
    if key != ALL and not context.stored:
        metric_of(key, context.catalogue)
    if not isinstance(raw, Mapping):
        raise refuse("wrong_type", "", value=raw, expected="object")
    collector = FaultCollector()
    found: dict[Audience, Disclosure] = {}
    for name, value in raw.items():
        audience = collector.take(str(name), partial(option(Audience), name, context), None)
        if audience is None or value is None:
            continue
        level = collector.take(str(name), partial(option(Disclosure), value, context), None)
        if level is not None:
            found[audience] = level
    collector.raise_faults()
    return MappingProxyType(found)


def consent_document(consent: Consent) -> dict[str, PlainJson]:
    """Write what is stored of consent, by metric and audience."""
    return {
        key: {audience.value: level.value for audience, level in levels.items()}
        for key, levels in consent.items()
    }


def merge_consent(present: Mapping[str, Json], patch: Mapping[str, Json]) -> Mapping[str, Json]:
    """Patch consent by metric and audience; null removes what was said of either."""
    merged = {key: levels for key, levels in present.items() if patch.get(key, levels) is not None}
    for key, levels in patch.items():
        before = merged.get(key)
        if isinstance(levels, Mapping) and isinstance(before, Mapping):
            # The parser leaves out null, but not of an unknown audience.
            merged[key] = MappingProxyType({**before, **levels})
        elif levels is not None:
            merged[key] = levels
    return MappingProxyType(merged)
