"""Changes as people know them, and the sentences about them in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
import json
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.core.past import PARTLY, UNTOLD
from custom_components.digital_twin.twin.catalogue import CATALOGUE, Metric
from custom_components.digital_twin.twin.goals.change_texts import (
    ChangeWording,
    change_text,
    goal_news,
    news_texts,
)
from custom_components.digital_twin.twin.goals.changes import (
    HealthSource,
    TwinChange,
    TwinName,
    health_changes,
    progress_changes,
    twin_changes,
    without_values,
)
from custom_components.digital_twin.twin.goals.goal import GOAL
from custom_components.digital_twin.twin.home.home import HOME
from custom_components.digital_twin.twin.metrics.person import PERSON
from custom_components.digital_twin.twin.metrics.readings import Reading
from custom_components.digital_twin.twin.metrics.recording import record_readings
from custom_components.digital_twin.twin.records.fields import Kind, PersonDay
from custom_components.digital_twin.twin.records.revisions import (
    change,
    created,
    difference,
    encode,
)
from custom_components.digital_twin.twin.records.rewind import Exactness
from custom_components.digital_twin.twin.records.timeline import Timeline, TwinKey, What
from custom_components.digital_twin.twin.values import PlainJson, Wording

from ..samples import ANNA, CABIN, HOUSE, JAN, NOW, READ, RUN, context, goal, home, person

TRANSLATIONS: Final = (
    Path(__file__).parents[3] / "custom_components" / "digital_twin" / "translations"
)
MINUTE: Final = timedelta(minutes=1)
LATER: Final = NOW + timedelta(hours=2)
KINDS: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in (GOAL, HOME, PERSON)}
RUNS: Final = {"name": "Runs", "kind": "accumulate", "target": 100, "current": 20, "unit": "km"}
PAPERS: Final = {"name": "Papers", "items": ["Invoice", "Receipt"]}
WEIGHT: Final = {
    "name": "Weight",
    "baseline": 80,
    "target": 70,
    "current": 75,
    "unit": "kg",
    "source": {"metric": "weight"},
}

type Story = Sequence[tuple[str, Mapping[str, object]]]


def wording(language: str = "en", *, markdown: bool = False) -> ChangeWording:
    content = (TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8")
    selectors: Any = json.loads(content)["selector"]

    def text(key: str) -> str:
        selector, _, option = key.rpartition(".")
        found: str = selectors[selector or "briefing"]["options"].get(option, "")
        return found

    twins = {
        ("person", ANNA): "Anna",
        ("person", JAN): "Jan",
        ("goal", READ): "G02 Read",
        ("home", CABIN): "Cabin",
    }
    return ChangeWording(
        words=Wording(text, language, NOW.date(), UTC, markdown),
        twin=lambda kind, twin_id: twins.get((kind, twin_id)),
        entity=lambda stored: {"zone.home": "Home", "zone.lake": "Lake"}.get(stored, stored),
        user={"anna": "Anna", "jan": "Jan"}.get,
        amount=lambda _person, _metric, value: (value, "kg"),
    )


def happened(kind: str, record: Any, story: Story, *, start: int = 0) -> list[TwinChange]:  # noqa: ANN401
    """Return what changed of a twin by patches of actors, one a minute; progress included."""
    of_kind, lines = KINDS[kind], []
    key = TwinKey(kind, of_kind.id_of(record))
    for number, (actor, patch) in enumerate(story, 1):
        at = NOW + number * MINUTE
        before = encode(of_kind, record)
        changed = change(of_kind, record, patch, context(at))
        record = of_kind.derive(record, changed, context(at))
        origin = "source" if actor == "source" else "ui"
        lines.append(
            {
                "seq": number,
                "at": at.isoformat(),
                "actor": "integration" if actor == "source" else actor,
                "origin": origin,
                "operations": [
                    {
                        "op": "put",
                        "kind": kind,
                        "id": key.twin_id,
                        "delta": difference(before, encode(of_kind, record)),
                    }
                ],
            }
        )
    timeline = Timeline({key: encode(of_kind, record)}, NOW + start * MINUTE, LATER, UNTOLD, PARTLY)
    for line in reversed(lines):
        timeline.take(line)
    found, names = (
        timeline.changes(),
        {key: TwinName(record.name, getattr(record, "goal_code", None))},
    )
    assert timeline.damaged == 0
    return [
        *twin_changes(found, names),
        *progress_changes(found, timeline.latest, names, LATER),
    ]


def sentences(changes: Sequence[TwinChange], language: str = "en") -> list[str]:
    """Return the sentences; the dashes in Polish ones are easier to read in code as hyphens."""
    texts = [change_text(wording(language), each) for each in changes]
    return [text.replace(" \N{EN DASH} ", " - ") for text in texts]


def run(**fields: object) -> Any:  # noqa: ANN401  # a goal
    return goal(
        RUN,
        **{
            "status": "Active",
            "start_date": "2026-01-01",
            "target_date": "2026-06-30",
            "owner_person_id": ANNA,
            "progress_metrics": [RUNS, PAPERS],
            "milestones": [{"name": "Half", "date": "2026-04-01"}],
            **fields,
        },
    )


GOAL_SENTENCES: Final[Sequence[tuple[Mapping[str, object], Sequence[str], Sequence[str]]]] = (
    (
        {"target_date": "2026-08-31"},
        ["G01: target date 30 June → 31 August, by Anna"],
        ["G01: termin 30 czerwca → 31 sierpnia (Anna)"],
    ),
    (
        {"target_date": "2027-08-31"},
        ["G01: target date 30 June → 31 August 2027, by Anna"],
        ["G01: termin 30 czerwca → 31 sierpnia 2027 (Anna)"],
    ),
    (
        {"target_date": None},
        ["G01: target date 30 June removed, by Anna"],
        ["G01: termin - usunięto: 30 czerwca (Anna)"],
    ),
    (
        {"status": "on_hold"},
        ["G01: status Active → On hold, by Anna"],
        ["G01: status Aktywny → Wstrzymany (Anna)"],
    ),
    (
        {"status": "completed"},
        ["G01: status Active → Completed, by Anna", "G01: progress 10% → 100%, by Anna"],
        ["G01: status Aktywny → Ukończony (Anna)", "G01: postęp 10% → 100% (Anna)"],
    ),
    (
        {"description": "Long."},
        ["G01: description changed, by Anna"],
        ["G01: opis - zmieniono (Anna)"],
    ),
    (
        {"owner_person_id": JAN},
        ["G01: owner Anna → Jan, by Anna"],
        ["G01: właściciel Anna → Jan (Anna)"],
    ),
    (
        {"owner_person_id": None},
        ["G01: owner Anna removed, by Anna"],
        ["G01: właściciel - usunięto: Anna (Anna)"],
    ),
    (
        {"dependencies": [READ, CABIN]},
        ["G01: G02 Read and a deleted goal added to what it depends on, by Anna"],
        ["G01: zależności - dodano: G02 Read i usunięty cel (Anna)"],
    ),
    (
        {"goal_code": "G07", "name": "Walk"},
        ["G07: code G01 → G07, by Anna", "G07: name Run → Walk, by Anna"],
        ["G07: kod G01 → G07 (Anna)", "G07: nazwa Run → Walk (Anna)"],
    ),
    (
        {"progress_metrics": [{**RUNS, "current": 22.55}, PAPERS]},
        ["G01: Runs 20 → 22.55 km, by Anna", "G01: progress 10% → 11%, by Anna"],
        ["G01: Runs 20 → 22,55 km (Anna)", "G01: postęp 10% → 11% (Anna)"],
    ),
    (
        {"progress_metrics": [{**RUNS, "target": 12000, "unit": "%"}, PAPERS]},
        [
            "G01: unit of Runs km → %, by Anna",
            "G01: target of Runs 100 → 12,000%, by Anna",
            "G01: progress 10% → 0%, by Anna",
        ],
        [
            "G01: jednostka (Runs) km → % (Anna)",
            "G01: wartość docelowa (Runs) 100 → 12\N{NO-BREAK SPACE}000% (Anna)",
            "G01: postęp 10% → 0% (Anna)",
        ],
    ),
    (
        {"progress_metrics": [RUNS, {**PAPERS, "items": [{"name": "Invoice", "state": "done"}]}]},
        [
            "G01: Invoice is done, by Anna",
            "G01: step Receipt deleted, by Anna",
            "G01: progress 10% → 60%, by Anna",
        ],
        [
            "G01: Invoice - zrobione (Anna)",
            "G01: usunięto krok Receipt (Anna)",
            "G01: postęp 10% → 60% (Anna)",
        ],
    ),
    (
        {"progress_metrics": [RUNS]},
        ["G01: key result Papers deleted, by Anna", "G01: progress 10% → 20%, by Anna"],
        ["G01: usunięto miernik Papers (Anna)", "G01: postęp 10% → 20% (Anna)"],
    ),
    (
        {
            "progress_metrics": [
                RUNS,
                PAPERS,
                {"name": "Done", "kind": "boolean", "weight": 0, "comparison": "<"},
            ]
        },
        ["G01: new key result Done, by Anna"],
        ["G01: nowy miernik Done (Anna)"],
    ),
    (
        {"progress_metrics": [{**RUNS, "source": {"metric": "steps"}, "comparison": ">"}, PAPERS]},
        ["G01: source of Runs changed, by Anna", "G01: details of Runs changed, by Anna"],
        ["G01: źródło (Runs) - zmieniono (Anna)", "G01: szczegóły (Runs) - zmieniono (Anna)"],
    ),
    (
        {
            "milestones": [
                {"name": "Half", "date": "2026-04-15", "progress": 50},
                {"name": "Most", "date": "2026-05-01"},
            ]
        },
        [
            "G01: milestone Half 1 April → 15 April, by Anna",
            "G01: progress of Half set to 50, by Anna",
            "G01: new milestone Most, by Anna",
        ],
        [
            "G01: kamień milowy Half 1 kwietnia → 15 kwietnia (Anna)",
            "G01: postęp (Half) - ustawiono: 50 (Anna)",
            "G01: nowy kamień milowy Most (Anna)",
        ],
    ),
)


@pytest.mark.parametrize(
    ("patch", "english", "polish"), GOAL_SENTENCES, ids=lambda each: str(each)[:40]
)
def test_changes_of_a_goal_read_like_this(
    patch: Mapping[str, object], english: Sequence[str], polish: Sequence[str]
) -> None:
    found = happened("goal", run(), [("anna", patch)])
    assert sentences(found) == english
    assert sentences(found, "pl") == polish


@pytest.mark.parametrize(
    ("kind", "patch", "english", "polish"),
    [
        (
            "person",
            {"gender": "female", "day_start": 4},
            [
                "Anna: sex for calculations set to Female, by Jan",
                "Anna: start of the day 0:00 → 4:00, by Jan",
            ],
            [
                "Anna: płeć (do obliczeń) - ustawiono: Kobieta (Jan)",
                "Anna: początek dnia 0:00 → 4:00 (Jan)",
            ],
        ),
        (
            "person",
            {"contact_email": "a@b.pl", "date_of_birth": "1990-01-02", "preferences": {"a": 1}},
            [
                "Anna: date of birth changed, by Jan",
                "Anna: email address changed, by Jan",
                "Anna: preferences changed, by Jan",
            ],
            [
                "Anna: data urodzenia - zmieniono (Jan)",
                "Anna: adres e-mail - zmieniono (Jan)",
                "Anna: preferencje - zmieniono (Jan)",
            ],
        ),
        (
            "person",
            {"health_entities": False, "current_location_id": CABIN},
            [
                "Anna: current home set to Cabin, by Jan",
                "Anna: health values as entities yes → no, by Jan",
            ],
            [
                "Anna: obecny dom - ustawiono: Cabin (Jan)",
                "Anna: wartości zdrowotne jako encje tak → nie (Jan)",
            ],
        ),
        (
            "home",
            {"residents": [ANNA, JAN], "zone": "zone.lake"},
            ["House: zone Home → Lake, by Jan", "House: Anna and Jan added to residents, by Jan"],
            ["House: strefa Home → Lake (Jan)", "House: mieszkańcy - dodano: Anna i Jan (Jan)"],
        ),
        (
            "home",
            {"scope": {"areas": ["kitchen"]}, "address": {"city": "Łódź"}},
            ["House: address changed, by Jan", "House: scope changed, by Jan"],
            ["House: adres - zmieniono (Jan)", "House: zakres - zmieniono (Jan)"],
        ),
    ],
)
def test_changes_of_people_and_homes_read_like_this(
    kind: str, patch: Mapping[str, object], english: Sequence[str], polish: Sequence[str]
) -> None:
    record = person() if kind == "person" else home(zone="zone.home")
    found = happened(kind, record, [("jan", patch)])
    assert sentences(found) == english
    assert sentences(found, "pl") == polish


@pytest.mark.parametrize(
    ("actor", "english", "polish"),
    [
        ("jan", ", by Jan", " (Jan)"),
        ("somebody", ", by a deleted user", " (usunięty użytkownik)"),
        ("automation", ", by an automation", " (automatyzacja)"),
        ("folder", ", from the goals folder", " (z folderu celów)"),
        ("integration", ", in the settings", " (w ustawieniach)"),
        ("source", ", from a linked entity", " (z powiązanej encji)"),
        ("anna", ", by Anna", " (Anna)"),
    ],
)
def test_it_is_said_who_did_it(actor: str, english: str, polish: str) -> None:
    found = happened("person", person(), [(actor, {"day_start": 4})])
    assert sentences(found) == [f"Anna: start of the day 0:00 → 4:00{english}"]
    assert sentences(found, "pl") == [f"Anna: początek dnia 0:00 → 4:00{polish}"]


def test_of_their_own_goal_somebody_is_named() -> None:
    found = happened("goal", run(), [("anna", {"target_date": "2026-07-01"})])
    assert sentences(found) == ["G01: target date 30 June → 1 July, by Anna"]


def _ran(current: float, done: int = 0) -> dict[str, object]:
    items = [
        {"name": name, "state": "done" if number < done else "todo"}
        for number, name in enumerate(("Invoice", "Receipt"))
    ]
    return {"progress_metrics": [{**RUNS, "current": current}, {**PAPERS, "items": items}]}


def test_repeated_changes_of_one_part_by_one_author_are_one() -> None:
    story = [("anna", _ran(number)) for number in (21, 22, 23, 24, 25)]
    found = happened("goal", run(), story)
    assert sentences(found) == [
        "G01: Runs 20 → 25 km (5 changes), by Anna",
        "G01: progress 10% → 12%, by Anna",
    ]
    assert sentences(found, "pl")[0] == "G01: Runs 20 → 25 km, 5 zmian (Anna)"
    assert sentences(happened("goal", run(), story[:2]), "pl")[0] == (
        "G01: Runs 20 → 22 km, 2 zmiany (Anna)"
    )
    assert (found[0].first_at, found[0].at) == (NOW + MINUTE, NOW + 5 * MINUTE)


def test_what_another_did_in_between_to_another_part_does_not_split_them() -> None:
    story = [("anna", _ran(21)), ("jan", _ran(21, 1)), ("anna", _ran(22, 1))]
    assert sentences(happened("goal", run(), story)) == [
        "G01: Runs 20 → 22 km (2 changes), by Anna",
        "G01: Invoice is done, by Jan",
        "G01: progress 10% → 36%",
    ]


def test_what_another_did_in_between_to_the_same_part_splits_them() -> None:
    story = [("anna", _ran(21)), ("jan", _ran(30)), ("anna", _ran(31))]
    assert sentences(happened("goal", run(), story))[:3] == [
        "G01: Runs 30 → 31 km, by Anna",
        "G01: Runs 21 → 30 km, by Jan",
        "G01: Runs 20 → 21 km, by Anna",
    ]


def test_what_is_the_same_in_the_end_is_left_out() -> None:
    moved: Story = [("anna", {"target_date": f"2026-{day}"}) for day in ("07-01", "06-30")]
    assert happened("goal", run(), moved) == []
    assert happened("goal", run(), [("anna", _ran(21)), ("anna", _ran(20))]) == []


def test_what_follows_from_other_fields_is_left_out() -> None:
    found = happened("goal", run(status="Planning"), [("anna", {"status": "active"})])
    assert [each.field for each in found] == ["status"]
    found = happened("goal", run(), [("anna", {"status": "completed"})])
    assert [each.field for each in found] == ["status", "progress"]
    found = happened(
        "goal",
        run(status="Completed", completed_on="2026-03-01"),
        [("anna", {"completed_on": "2026-02-20"})],
    )
    assert sentences(found) == ["G01: day of completion 1 March → 20 February, by Anna"]


def test_the_progress_is_that_of_both_ends_of_the_time() -> None:
    story = [("anna", _ran(number)) for number in (40, 60, 80)]
    found = happened("goal", run(), story, start=1)
    (progress,) = [each for each in found if each.field == "progress"]
    assert (progress.before, progress.after, progress.unit) == (20.0, 40.0, "%")


def test_an_unknown_progress_is_no_change() -> None:
    nothing = run(progress_metrics=[])
    found = happened("goal", nothing, [("anna", {"progress_metrics": [RUNS]})])
    assert sentences(found) == ["G01: new key result Runs, by Anna"]


def test_names_mean_nothing_in_markdown() -> None:
    found = happened("goal", run(), [("anna", {"name": "*Run* [far](x)"})])
    assert change_text(wording(markdown=True), found[0]) == (
        r"G01: name Run → \*Run\* \[far\]\(x\), by Anna"
    )


def test_a_twin_without_a_name_is_not_told_of() -> None:
    key = TwinKey("goal", RUN)
    timeline = Timeline({key: {"x": 2}}, NOW, LATER, UNTOLD)
    delta = difference({"x": 1}, {"x": 2})
    put = {"op": "put", "kind": "goal", "id": RUN, "delta": delta}
    timeline.take({"at": (NOW + MINUTE).isoformat(), "operations": [put]})
    changes = timeline.changes()
    assert twin_changes(changes, {}) == []
    assert [*progress_changes(changes, timeline.latest, {}, LATER)] == []


@pytest.mark.parametrize(
    ("operation", "english", "polish"),
    [
        ("delete", "G01: deleted, by Anna", "G01: usunięto (Anna)"),
        ("restore", "G01: brought back, by Anna", "G01: przywrócono (Anna)"),
        ("put", "G01: added, by Anna", "G01: dodano (Anna)"),
    ],
)
def test_a_goal_comes_and_goes(operation: str, english: str, polish: str) -> None:
    key, document = TwinKey("goal", RUN), encode(GOAL, run())
    made = {"op": operation, "kind": "goal", "id": RUN, "delta": created(document)}
    timeline = Timeline({key: document}, NOW, LATER, UNTOLD)
    timeline.take(
        {"at": (NOW + MINUTE).isoformat(), "actor": "anna", "origin": "ui", "operations": [made]}
    )
    found = twin_changes(timeline.changes(), {key: TwinName("Run", "G01")})
    assert (sentences(found), sentences(found, "pl")) == ([english], [polish])


def test_values_that_nobody_knows_are_none() -> None:
    (change_,) = happened("goal", run(), [("anna", {"target_date": "2026-07-01"})])
    lost = replace(change_, before=None, after=None, exactness=Exactness.UNKNOWN)
    assert sentences([lost]) == ["G01: target date changed, by Anna"]


@pytest.mark.parametrize(
    ("field", "path", "before", "after"),
    [
        ("target_date", (), "soon", "2026-02-30"),
        ("status", (), "Odd", 5),
        ("progress_metrics", ("a", "items", "b", "state"), "todo", "odd"),
        ("progress_metrics", ("a", "current"), [], {}),
        ("milestones", ("a", "date"), 5, "x"),
        ("dependencies", (), 5, None),
        ("residents", (), {}, []),
        ("progress", (), None, "x"),
        ("odd", (), 1, 2),
    ],
)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_whatever_stands_in_a_journal_is_a_sentence(
    field: str, path: tuple[str, ...], before: PlainJson, after: PlainJson, language: str
) -> None:
    (known,) = happened("goal", run(), [("anna", {"target_date": "2026-07-01"})])
    odd = replace(known, field=field, path=path, before=before, after=after, element="A")
    assert change_text(wording(language), odd).startswith("G01: ")


# Private values.


def test_private_values_of_a_metric_are_left_out() -> None:
    heavier = {**WEIGHT, "current": 76, "target": 72, "baseline": 81}
    found = happened(
        "goal", run(progress_metrics=[WEIGHT]), [("source", {"progress_metrics": [heavier]})]
    )
    shown = [*without_values(found, lambda _change: True, ("baseline", "current"))]
    assert sentences(found)[:3] == [
        "G01: start value of Weight 80 → 81 kg, from a linked entity",
        "G01: target of Weight 70 → 72 kg, from a linked entity",
        "G01: Weight 75 → 76 kg, from a linked entity",
    ]
    assert [each.path for each in shown] == [("weight", "target"), ()]
    assert [*without_values(found, lambda _change: False, ("current",))] == found


def test_private_values_of_a_new_key_result_are_left_out() -> None:
    found = happened(
        "goal", run(progress_metrics=[]), [("anna", {"progress_metrics": [WEIGHT, RUNS]})]
    )
    weight, runs = without_values(found, lambda _change: True, ("baseline", "current"))
    assert isinstance(weight.after, dict)
    assert weight.after.keys() & {"baseline", "current", "target"} == {"target"}
    assert isinstance(runs.after, dict)
    assert runs.after["current"] == 20


# Health.


def health(
    readings: Mapping[str, Sequence[tuple[float, float]]], own: Metric | None = None
) -> HealthSource:
    """Make a source from values by metric, each with the hours before now."""
    catalogue = {**CATALOGUE, **({own.key: own} if own else {})}
    histories: dict[str, Any] = {}
    batch = [
        (metric, Reading(value=value, unit="", measured_at=NOW - timedelta(hours=ago), source="x"))
        for metric, values in readings.items()
        for ago, value in values
    ]
    record_readings(
        {}, histories, batch, days=PersonDay(UTC), today=NOW.date().toordinal(), catalogue=catalogue
    )
    return HealthSource(
        TwinKey("person", ANNA), TwinName("Anna"), PersonDay(UTC), histories, catalogue
    )


DAY: Final = timedelta(days=1)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(50, 72.0), (1, 71.4)], (72.0, 71.4)),
        ([(50, 72.0), (30, 71.8), (1, 71.4)], (71.8, 71.4)),
        ([(1, 71.4)], (None, 71.4)),
        # Nothing new, and nothing else than before.
        ([(50, 72.0)], None),
        ([(50, 72.0), (1, 72.0)], None),
        # The day of the beginning had a value only later.
        ([(50, 72.0), (23, 71.0)], (72.0, 71.0)),
    ],
)
def test_a_level_is_what_was_known_then(
    readings: Sequence[tuple[float, float]], expected: tuple[float | None, float] | None
) -> None:
    found = health_changes(health({"weight": readings}), NOW - DAY, NOW)
    assert [(each.before, each.after) for each in found] == ([expected] if expected else [])
    assert all(each.exactness is Exactness.DAILY and each.author is None for each in found)


def test_of_a_daily_total_days_that_are_over_are_compared() -> None:
    steps = health({"steps": [(60, 4000), (36, 5000), (13, 3000), (1, 100)]})
    (found,) = health_changes(steps, NOW - DAY, NOW)
    # On Sunday at noon Saturday is over, and Friday was on Saturday at noon.
    assert (found.before, found.after) == (4000, 8000)


def test_a_metric_that_the_household_removed_is_left_out() -> None:
    own = Metric("grip", ("kg",), 0, 100, name="Grip strength")
    source = health({"grip": [(1, 40)]}, own)
    (found,) = health_changes(source, NOW - DAY, NOW)
    assert sentences([found]) == ["Anna: Grip strength, first value 40 kg"]
    assert sentences([found], "pl") == ["Anna: Grip strength - pierwsza wartość 40 kg"]
    assert health_changes(source._replace(catalogue=CATALOGUE), NOW - DAY, NOW) == []


def test_health_values_read_like_this() -> None:
    (found,) = health_changes(health({"weight": [(50, 72.05), (1, 71.4)]}), NOW - DAY, NOW)
    assert sentences([found]) == ["Anna: weight 72.05 → 71.4 kg"]
    assert sentences([found], "pl") == ["Anna: masa ciała 72,05 → 71,4 kg"]


# News.


def news(*changes: TwinChange, language: str = "en") -> list[str]:
    return news_texts(wording(language).words, goal_news(changes))


def event(what: What, minutes: int, *, name: str = "Run", twin_id: str = RUN) -> TwinChange:
    (known,) = happened("goal", run(), [("anna", {"target_date": "2026-07-01"})])
    at = NOW + minutes * MINUTE
    return replace(
        known,
        key=TwinKey("goal", twin_id),
        name=TwinName(name, f"G{name}"),
        what=what,
        field="",
        before=None,
        after=None,
        at=at,
        first_at=at,
    )


STATUSES: Final = {
    "planning": ("Run is being planned again.", "Cel Run jest znów planowany."),
    "on_hold": ("Run is on hold now.", "Cel Run jest teraz wstrzymany."),
    "archived": ("Run is archived now.", "Cel Run jest teraz w archiwum."),
    "completed": ("Run is completed.", "Ukończony cel: Run."),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_new_status_is_news(status: str) -> None:
    found = happened("goal", run(), [("anna", {"status": status})])
    assert (news(*found), news(*found, language="pl")) == tuple([each] for each in STATUSES[status])


def test_an_active_goal_is_news() -> None:
    found = happened("goal", run(status="On Hold"), [("anna", {"status": "active"})])
    assert news(*found) == ["Run is active now."]
    assert news(*found, language="pl") == ["Cel Run jest teraz aktywny."]


@pytest.mark.parametrize(
    ("before", "after", "english", "polish"),
    [
        (
            "2026-06-30",
            "2026-08-31",
            "The target date of Run has moved from 30 June to 31 August.",
            "Termin celu Run przesunięto z 30 czerwca na 31 sierpnia.",
        ),
        (
            None,
            "2026-08-31",
            "Run now has a target date, 31 August.",
            "Cel Run ma teraz termin: 31 sierpnia.",
        ),
        ("2026-06-30", None, "Run no longer has a target date.", "Cel Run nie ma już terminu."),
    ],
)
def test_a_new_target_date_is_news(
    before: str | None, after: str | None, english: str, polish: str
) -> None:
    found = happened("goal", run(target_date=before), [("anna", {"target_date": after})])
    assert (news(*found), news(*found, language="pl")) == ([english], [polish])


def test_only_what_is_different_in_the_end_is_news() -> None:
    there_and_back = [("anna", {"status": "on_hold"}), ("jan", {"status": "active"})]
    assert news(*happened("goal", run(), there_and_back)) == []
    days = (("anna", 10), ("jan", 20), ("anna", 30))
    moved: Story = [(actor, {"target_date": f"2026-07-{day}"}) for actor, day in days]
    assert news(*happened("goal", run(), moved)) == [
        "The target date of Run has moved from 30 June to 30 July."
    ]


def test_readings_and_details_are_no_news() -> None:
    story: Story = [("source", _ran(50)), ("anna", {"description": "x", "milestones": []})]
    assert news(*happened("goal", run(), story)) == []


def test_goals_that_come_and_go_are_told_together() -> None:
    added = [event(What.ADDED, 1), event(What.ADDED, 1, name="Read", twin_id=READ)]
    assert news(*added) == ["New goals: Read and Run."]
    assert news(*added, language="pl") == ["Nowe cele: Read i Run."]
    assert news(added[0]) == ["New goal: Run."]
    assert news(event(What.REMOVED, 1)) == ["Deleted goal: Run."]
    assert news(event(What.RESTORED, 1)) == ["Goal brought back: Run."]
    both = [event(What.REMOVED, 2, name="Read", twin_id=READ), added[0]]
    assert news(*both) == ["New goal: Run.", "Deleted goal: Read."]


@pytest.mark.parametrize(
    ("count", "english", "polish"),
    [
        (6, "C, D, E and F.", "C, D, E i F."),
        (7, "C, D, E and 2 more.", "C, D, E i jeszcze 2."),
    ],
)
def test_of_very_many_goals_some_are_named(count: int, english: str, polish: str) -> None:
    added = [event(What.ADDED, 1, name="ABCDEFG"[at], twin_id=str(at)) for at in range(count)]
    assert news(*added) == [f"New goals: A, B, {english}"]
    assert news(*added, language="pl") == [f"Nowe cele: A, B, {polish}"]


def test_a_goal_that_came_and_went_is_no_news() -> None:
    assert news(event(What.REMOVED, 2), event(What.ADDED, 1)) == []
    assert news(event(What.RESTORED, 2), event(What.REMOVED, 1)) == []
    assert news(event(What.REMOVED, 3), event(What.RESTORED, 2)) == ["Deleted goal: Run."]


def test_of_a_new_goal_only_its_completion_is_told_besides() -> None:
    story: Story = [("anna", {"target_date": "2026-07-01"}), ("anna", {"status": "completed"})]
    changes = [*happened("goal", run(), story), event(What.ADDED, 0)]
    changes = [replace(each, name=TwinName("Run", "G01")) for each in changes]
    assert news(*changes) == ["New goal: Run.", "Run is completed."]
    assert news(changes[1], changes[-1]) == ["New goal: Run."]


def test_homes_and_people_are_no_news() -> None:
    assert news(*happened("home", home(HOUSE), [("anna", {"name": "Flat"})])) == []


PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "target_date": st.sampled_from(("2026-06-30", "2026-07-01", None)),
        "status": st.sampled_from(("Active", "On Hold", "Completed", "Planning", "Archived")),
        "name": st.text(
            st.characters(exclude_categories=["C", "Z"], exclude_characters="{}"),
            min_size=1,
            max_size=80,
        ),
        "owner_person_id": st.sampled_from((ANNA, JAN, None)),
        "progress_metrics": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from("ABC"), "key": st.sampled_from(("a", "b", "c"))},
                optional={
                    "current": st.integers(0, 3),
                    "target": st.integers(0, 3) | st.just("TBD"),
                    "baseline": st.integers(-2, 0),
                    "unit": st.sampled_from(("km", "%")),
                },
            ),
            max_size=3,
            unique_by=lambda each: each["key"],
        ),
        "milestones": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from("MN"),
                    "date": st.sampled_from(("2026-04-01", "2026-05-01")),
                }
            ),
            max_size=2,
            unique_by=lambda each: each["name"],
        ),
    },
)


def elements(document: Any) -> dict[str, Any]:  # noqa: ANN401  # a list of a document
    """Return the elements of a list by their keys, without what is not told."""
    return {
        each["key"]: {
            name: part for name, part in each.items() if name not in ("key", "measured_at")
        }
        for each in document
    }


@given(
    st.lists(st.tuples(st.sampled_from(("anna", "jan", "source")), PATCHES), max_size=8),
    st.sampled_from(("en", "pl")),
)
def test_changes_of_parts_lead_from_the_earlier_to_the_later_document(
    story: Story, language: str
) -> None:
    record = run()
    before = encode(GOAL, record)
    for number, (_, patch) in enumerate(story, 1):
        at = NOW + number * MINUTE
        record = GOAL.derive(record, change(GOAL, record, patch, context(at)), context(at))
    after, found = encode(GOAL, record), happened("goal", run(), story)
    parts = {name: elements(before[name]) for name in ("progress_metrics", "milestones")}
    values = {name: before[name] for name in ("target_date", "status", "name", "owner_person_id")}
    for each in reversed([one for one in found if one.field != "progress"]):
        if each.field in values:
            assert values[each.field] == each.before
            values[each.field] = each.after
        elif each.field in parts and len(each.path) == 1:
            assert (each.path[0] in parts[each.field]) is (each.what is not What.ADDED)
            parts[each.field].pop(each.path[0], None)
            if each.what is What.ADDED:
                parts[each.field] |= elements([each.after])
        elif each.field in parts:
            element = parts[each.field][each.path[0]]
            assert element.get(each.path[1]) == each.before
            element[each.path[1]] = each.after
    assert values == {name: after[name] for name in values}
    for name, known in parts.items():
        told = {
            key: {part: value for part, value in each.items() if value is not None}
            for key, each in known.items()
        }
        assert told == elements(after[name])
    for text in (*sentences(found, language), *news(*found, language=language)):
        assert "{" not in text
        assert "change." not in text
