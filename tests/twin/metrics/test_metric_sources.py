from hypothesis import given
import pytest

from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import (
    MAX_SOURCES,
    MetricSource,
    parse_metric_sources,
    sources_document,
)
from custom_components.digital_twin.twin.records.revisions import change, decode, encode

from ..refusals import only_refuses, refused
from ..samples import ANNA, context, make, person
from ..strategies import ANYTHING, objects

SCALE = MetricSource(entity="sensor.scale")
WATCH = MetricSource(entity="sensor.watch", attribute="kilos", unit="lb")
DOCUMENT = {
    "weight": [
        {"entity": "sensor.scale", "attribute": None, "unit": None},
        {"entity": "sensor.watch", "attribute": "kilos", "unit": "lb"},
    ]
}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, {}),
        ({"weight": []}, {}),
        ({"weight": ["sensor.scale"]}, {"weight": (SCALE,)}),
        ({"weight": [{"entity": " sensor.scale "}]}, {"weight": (SCALE,)}),
        (DOCUMENT, {"weight": (SCALE, WATCH)}),
        (
            {"weight": [{"entity": "sensor.watch", "attribute": "kilos", "unit": "lbs"}]},
            {"weight": (WATCH,)},
        ),
        (
            {"weight": [{"entity": "a.b"}, {"entity": "a.b", "attribute": "c"}]},
            {
                "weight": (
                    MetricSource(entity="a.b"),
                    MetricSource(entity="a.b", attribute="c"),
                )
            },
        ),
    ],
)
def test_sources_are_entities_in_an_order(raw: object, expected: object) -> None:
    assert parse_metric_sources(raw, context()) == expected


@pytest.mark.parametrize(
    ("raw", "key", "field"),
    [
        ([], "wrong_type", ""),
        ({"height": "sensor.scale"}, "wrong_type", "height"),
        ({"nonsense": ["sensor.scale"]}, "unknown_metric", "nonsense"),
        ({"weight": ["a.b"] * (MAX_SOURCES + 1)}, "too_long", "weight"),
        ({"weight": [3]}, "wrong_type", "weight[0]"),
        ({"weight": [{}]}, "required_field", "weight[0].entity"),
        ({"weight": [{"entity": "a.b", "x": 1}]}, "unknown_field", "weight[0].x"),
        ({"weight": [{"entity": "a.b", "unit": "km"}]}, "unknown_unit", "weight[0].unit"),
        ({"weight": ["a.b", "a.b"]}, "duplicate", "weight[1].entity"),
    ],
)
def test_what_is_no_source_is_refused(raw: object, key: str, field: str) -> None:
    with refused((key, field)):
        parse_metric_sources(raw, context())


@given(ANYTHING | objects("weight", "steps"))
def test_anything_is_read_or_refused(raw: object) -> None:
    only_refuses(lambda: parse_metric_sources(raw, context()))


def test_sources_come_back_from_their_document_even_when_the_metric_is_gone() -> None:
    anna = person(metric_sources=DOCUMENT)
    document = encode(PERSON, anna)
    assert document["metric_sources"] == DOCUMENT
    assert decode(PERSON, document, context(stored=True)) == anna
    stored = {"my_own": [{"entity": "a.b", "unit": "furlong"}]}
    read = parse_metric_sources(stored, context(stored=True))
    assert sources_document(read) == {
        "my_own": [{"entity": "a.b", "attribute": None, "unit": "furlong"}]
    }


def test_a_patch_replaces_the_sources_of_a_metric() -> None:
    anna = person(metric_sources={**DOCUMENT, "steps": ["sensor.phone"]})
    patch = {"metric_sources": {"weight": ["sensor.other"], "steps": None}}
    changed = change(PERSON, anna, patch, context())
    assert changed.metric_sources == {"weight": (MetricSource(entity="sensor.other"),)}


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"day_start": 24}, "out_of_range"),
        ({"day_start": -1}, "out_of_range"),
        ({"day_start": True}, "wrong_type"),
        ({"day_start": 4.0}, "wrong_type"),
        ({"health_entities": 1}, "wrong_type"),
    ],
)
def test_a_person_says_when_the_day_begins_and_what_is_shown(
    document: dict[str, object], key: str
) -> None:
    with refused((key, next(iter(document)))):
        make(PERSON, ANNA, {"name": "Anna", **document})


def test_a_person_of_an_earlier_version_takes_the_defaults() -> None:
    document = encode(PERSON, person())
    for name in ("day_start", "metric_sources", "health_entities"):
        del document[name]
    anna = decode(PERSON, document, context(stored=True))
    assert (anna.day_start, anna.metric_sources, anna.health_entities) == (0, {}, True)
