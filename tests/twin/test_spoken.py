"""Amounts, names and sentences are read as people say them."""

import json
from pathlib import Path
import re

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.twin.catalogue import CATALOGUE
from custom_components.digital_twin.twin.spoken import (
    SPOKEN_UNITS,
    Names,
    SentenceReader,
    SpokenAmount,
    called,
    name_pattern,
    named,
    recogniser_templates,
    sentence_templates,
    spoken_amount,
    spoken_pair,
    words_of,
)

TRANSLATIONS = Path(__file__).parents[2] / "custom_components" / "digital_twin" / "translations"
UNITS = {"kg": "kg", "kilos": "kg", "h": "h", "hours": "h", "min": "min", "minutes": "min", "°": ""}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("71.4", "en", SpokenAmount(71.4, None)),
        ("71,4 kg", "en", SpokenAmount(71.4, "kg")),
        ("71,4", "pl", SpokenAmount(71.4, None)),
        ("71.4kg.", "en", SpokenAmount(71.4, "kg")),
        ("71 KILOS", "en", SpokenAmount(71, "kg")),
        ("1,200", "en", SpokenAmount(1200, None)),
        ("12,345.5", "en", SpokenAmount(12345.5, None)),
        # In Polish a comma always begins decimals.
        ("1,200", "pl", SpokenAmount(1.2, None)),
        ("12 500", "pl", SpokenAmount(12500, None)),
        ("12\N{NO-BREAK SPACE}500 kg", "pl", SpokenAmount(12500, "kg")),
        ("37°", "en", SpokenAmount(37, None)),
        ("7 and a half hours", "en", SpokenAmount(7.5, "h")),
        ("7 and a half", "en", SpokenAmount(7.5, None)),
        ("7 hours and 30 minutes", "en", SpokenAmount(450, "min")),
        ("7 h 5 min", "en", SpokenAmount(425, "min")),
        ("7 kg 5 min", "en", SpokenAmount(7, "kg 5 min")),
        ("3 times too much", "en", SpokenAmount(3, "times too much")),
        ("1.2.3", "en", None),
        ("1,2,3 kg", "pl", None),
        ("seventy", "en", None),
        ("-3", "en", None),
        ("", "en", None),
    ],
)
def test_amounts(text: str, language: str, expected: SpokenAmount | None) -> None:
    assert spoken_amount(text, UNITS, ("and a half",), language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120 over 80", (120, 80)),
        ("120/80", (120, 80)),
        ("120 na 80", (120, 80)),
        (" 118 76", (118, 76)),
        ("120", None),
        ("about 120 over 80", None),
    ],
)
def test_pairs(text: str, expected: tuple[int, int] | None) -> None:
    assert spoken_pair(text) == expected


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Półmaraton w Łodzi!", ("polmaraton", "w", "lodzi")),
        ("G03", ("g", "3")),
        ("10km run", ("10", "km", "run")),
        ("Body-fat: 15%", ("body", "fat", "15")),
        ("15 percent", ("15",)),
        ("🏃", ()),
    ],
)
def test_the_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Half marathon", "half marathon"),
        ("Half marathon", "HALF MARATHON"),
        ("G03", "g 3"),
        ("G03", "G03"),
        ("10km", "10 km"),
        ("Body-fat: 15%", "body fat 15 percent"),
        ("Body-fat: 15%", "Body-fat 15%"),
        ("Żółw", "zolw"),
        ("Półmaraton", "półmaratonem"),
        ("Półmaraton", "polmaratonem"),
        ("Nauka angielskiego", "nauką angielskiego"),
        ("Język angielski", "językiem angielskim"),
        ("Oszczędzanie", "oszczędzaniem"),
        ("Szklanka wody", "szklankę wody"),
        ("Kawa", "kawy"),
        ("Anna", "Anny"),
        ("Ewa", "Ewie"),
        ("Jan", "Jana"),
        ("Marek", "Marka"),
        ("Zosia", "Zosi"),
        ("Domek", "domku"),
        ("Lipowa 7", "Lipowej 7"),
        ("Mieszkanie", "mieszkaniu"),
    ],
)
def test_a_name_is_found_in_any_form(name: str, said: str) -> None:
    assert Names([named(name, 1), named("Something else", 2)]).find(said) == [1]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Run", "rum"),
        ("Half marathon", "marathon"),
        ("Half marathon", "half marathons of everybody"),
        ("TV", "tvem"),
        ("Kawa", "kawior"),
    ],
)
def test_another_word_is_not_the_name(name: str, said: str) -> None:
    assert Names([named(name, 1)]).find(said) == []


def test_the_name_itself_comes_before_forms_of_others() -> None:
    names = Names([named("Kawy", 1), named("Kawa", 2), named("kawa", 3)])
    assert names.find("kawa") == [2, 3]


def test_an_object_has_the_endings_of_an_object_only() -> None:
    names = Names([named("Wizyta u lekarza", 1, inflected=False)])
    assert names.find("wizytę u lekarza") == [1]
    assert names.find("wizytami u lekarza") == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("marathon", [1, 2]),
        ("spring marathon", [2]),
        ("half marathon", [1]),
        ("maratonem", [1, 2]),
        ("oszczędzaniu", [3]),
        ("moon", []),
        ("", []),
        ("!", []),
    ],
)
def test_some_words_of_a_name_are_enough_where_a_goal_is_asked_for(
    said: str, expected: list[int]
) -> None:
    names = ("Half marathon", "Spring marathon 2026", "Oszczędzanie na dom")
    found = Names(named(name, at) for at, name in enumerate(names, 1)).find_like(said)
    assert found == expected


def test_things_that_are_called_by_a_template() -> None:
    names = Names([called("wag(a|ę)|mas(a|ę) ciała", "weight"), called("VO[ ]2 max", "vo2")])
    assert names.find("Wagę") == names.find("masę ciała") == ["weight"]
    assert names.find("vo2 max") == names.find("VO 2 max") == ["vo2"]
    assert names.find("waga ciała") == []


@given(st.text(min_size=1, max_size=40))
def test_every_name_is_found_by_itself(name: str) -> None:
    found = Names([named(name, 1)]).find(name)
    assert found == ([1] if words_of(name) else [])


@given(st.text(max_size=40), st.booleans())
def test_patterns_have_balanced_brackets(name: str, inflected: bool) -> None:
    bare = re.sub(r"\\.", "", name_pattern(name, inflected=inflected))
    for opening, closing in ("()", "[]"):
        assert bare.count(opening) == bare.count(closing)
    assert not set("{}<>;") & set(bare)


SENTENCES = sentence_templates(
    "how is [my] goal {goal} || (tick off|mark) {goal} [(as done)] || {goal} is done || stop it"
)


def test_sentences_are_put_together_by_what_stands_around_the_name() -> None:
    assert recogniser_templates(SENTENCES, "run|jump", "please", "now") == [
        "[(please)] stop it [(now)]",
        "[(please)] (how is [my] goal) (run|jump) [(now)]",
        "[(please)] ((tick off|mark)) (run|jump) ([(as done)]) [(now)]",
        "[(please)] (run|jump) (is done) [(now)]",
    ]
    assert recogniser_templates(SENTENCES, "", "please", "now") == ["[(please)] stop it [(now)]"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("how is my goal half marathon", [("half marathon", "")]),
        ("How is goal run now", [("run", "")]),
        ("please tick off the run as done", [("the run as done", ""), ("the run", "")]),
        ("run is done", [("run", "")]),
        ("stop it", [("", "")]),
        ("please stop it now", [("", "")]),
        ("how is goal", []),
        ("stop", []),
    ],
)
def test_sentences_are_read(said: str, expected: list[tuple[str, str]]) -> None:
    reader = SentenceReader(SENTENCES, "please", "now")
    found = {tuple(each) for each in reader.readings(said)}
    assert found <= {*expected} if expected else found == set()
    assert bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("said", "free"),
    [
        ("I weigh 7", "7"),
        ("I weigh 71.4 kg", "71.4 kg"),
        ("i weigh 71,4 now", "71,4"),
        ("I drank 300 ml of tea", "300 ml"),
        ("I drank 5 litres", "5 litres"),
        ("I drank 300 ml of wine", "300 ml of wine"),
        ("log a lot", "a lot"),
    ],
)
def test_what_is_said_freely(said: str, free: str) -> None:
    sentences = sentence_templates(
        "I weigh {number} || I drank {number} [of (tea|water)] || log {free}"
    )
    (reading,) = SentenceReader(sentences, "please", "now").readings(said)
    assert reading == ("", free)


def test_a_word_between_is_no_part_of_the_next_word() -> None:
    reader = SentenceReader(sentence_templates("log [(a|an|another)] {entry}"), "please", "now")
    assert next(iter(reader.readings("log another coffee"))).name == "coffee"
    assert next(iter(reader.readings("log apple"))).name == "apple"


@pytest.mark.parametrize("language", ["en", "pl"])
def test_the_words_of_the_translations(language: str) -> None:
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))["selector"]
    metrics = texts["metric_words"]["options"]
    assert metrics.keys() == CATALOGUE.keys()
    words = [(key, word) for key, text in metrics.items() for word in text.split("|")]
    whole = {key: Names([called(text, key)]) for key, text in metrics.items()}
    shared = [
        (key, word)
        for key, word in words
        for other, names in whole.items()
        if "(" not in word and other != key and names.find(word)
    ]
    assert shared == []
    units = texts["unit_words"]["options"]
    assert units.keys() == SPOKEN_UNITS.keys()
    said = [word for text in units.values() for word in text.split("|")]
    assert len(said) == len(set(said))
    assert {unit for unit in SPOKEN_UNITS.values() if unit} <= {
        unit for metric in CATALOGUE.values() for unit in metric.units
    }


@pytest.mark.parametrize("language", ["en", "pl"])
def test_nothing_beside_a_name_may_be_left_out(language: str) -> None:
    # Else the recogniser would take the name beside what stands before or after others.
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))["selector"]
    for text in texts["sentences"]["options"].values():
        for template in sentence_templates(text):
            for part in (template.before, template.after):
                needed = part
                while (without := re.sub(r"\[[^\[\]]*\]", "", needed)) != needed:
                    needed = without
                assert bool(needed.strip()) is bool(part.strip()), template
