"""The journal on a real disk, and on one that refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
import stat
from typing import override

from homeassistant.helpers.storage import UnsupportedStorageVersionError
import pytest

from custom_components.digital_twin.engine.core import journal as journal_module
from custom_components.digital_twin.engine.core.files import Disk
from custom_components.digital_twin.engine.core.journal import Header, Journal, Line

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANNA = "11111111-1111-4111-8111-111111111111"


def line(seq: int, at: datetime = NOW, **more: object) -> Line:
    return {"seq": seq, "at": at.isoformat(), "operations": [], **more}


def seqs(folder: Path) -> list[int]:
    """Read what a start would read."""
    segments = Journal(folder).read_since(lambda _header: False)
    return [each["seq"] for segment in segments for each in segment.lines]


class RefusingDisk(Disk):
    """A disk on which some calls fail; an append that fails leaves some of its data behind."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.left_behind: Callable[[bytes], bytes] = lambda data: data

    @override
    def append(self, path: Path, data: bytes) -> None:
        if "append" in self.refused:
            super().append(path, self.left_behind(data))
            raise OSError("no space left on device")
        super().append(path, data)

    @override
    def truncate(self, path: Path, size: int) -> None:
        if "truncate" in self.refused:
            raise OSError("read-only")
        super().truncate(path, size)

    @override
    def remove(self, path: Path) -> None:
        if "remove" in self.refused:
            raise OSError("read-only")
        super().remove(path)


def test_lines_are_read_in_their_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append([line(1), line(2)], Header())
    journal.append([line(3)], Header())
    assert seqs(tmp_path / "j") == [1, 2, 3]


def test_an_empty_folder_is_an_empty_journal(tmp_path: Path) -> None:
    assert seqs(tmp_path / "j") == []
    (tmp_path / "j").mkdir()
    (tmp_path / "j" / "something-else.jsonl").write_text("x")
    assert seqs(tmp_path / "j") == []


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    Journal(tmp_path / "j").append([line(1)], Header())
    (file,) = (tmp_path / "j").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_every_start_begins_a_segment(tmp_path: Path) -> None:
    for seq in (1, 2, 3):
        journal = Journal(tmp_path)
        journal.read_since(lambda _header: False)
        journal.append([line(seq)], Header())
    assert len(list(tmp_path.iterdir())) == 3
    assert seqs(tmp_path) == [1, 2, 3]


def test_a_full_segment_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 200)
    journal = Journal(tmp_path)
    for seq in range(1, 9):
        journal.append([line(seq)], Header(files={"goals": seq - 1}))
    assert len(list(tmp_path.iterdir())) > 1
    assert seqs(tmp_path) == list(range(1, 9))


def test_only_segments_that_are_needed_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    journal = Journal(tmp_path)
    for seq in range(1, 6):
        journal.append([line(seq)], Header(files={"goals": seq - 1}))
    read = Journal(tmp_path).read_since(lambda header: header.files.get("goals", 0) <= 3)
    assert [each["seq"] for segment in read for each in segment.lines] == [4, 5]


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_line_that_is_not_complete_was_never_written(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    journal.append([line(1)], Header())
    journal.append([line(2)], Header())
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-cut])
    assert seqs(tmp_path) == [1]
    again = Journal(tmp_path)
    again.read_since(lambda _header: False)
    again.append([line(2)], Header())
    assert seqs(tmp_path) == [1, 2]


def test_a_damaged_line_costs_only_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([line(1), line(2), line(3)], Header())
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes().replace(b'"seq":2', b'"seq":"x"'))
    (segment,) = Journal(tmp_path).read_since(lambda _header: False)
    assert ([each["seq"] for each in segment.lines], segment.damaged) == ([1, 3], 1)


def test_a_header_that_cannot_be_read_ends_no_search(tmp_path: Path) -> None:
    for seq in (1, 2):
        journal = Journal(tmp_path)
        journal.read_since(lambda _header: False)
        journal.append([line(seq)], Header())
    newest = max(tmp_path.iterdir())
    newest.write_bytes(b"rubbish\n" + newest.read_bytes().split(b"\n", 1)[1])
    read = Journal(tmp_path).read_since(lambda header: header.is_readable)
    assert [each["seq"] for segment in read for each in segment.lines] == [1, 2]


def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path).append([line(1)], Header())
    (file,) = tmp_path.iterdir()
    before = file.read_bytes().replace(b'"journal":1', b'"journal":2')
    file.write_bytes(before)
    with pytest.raises(UnsupportedStorageVersionError):
        Journal(tmp_path).read_since(lambda _header: False)
    assert file.read_bytes() == before


@pytest.mark.parametrize("first", [False, True], ids=["full segment", "new segment"])
@pytest.mark.parametrize("also", [(), ("truncate",), ("remove",), ("truncate", "remove")], ids=str)
@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_what_a_failed_write_left_behind_never_counts(
    tmp_path: Path, first: bool, also: tuple[str, ...], part: float
) -> None:
    disk = RefusingDisk()
    journal = Journal(tmp_path, disk)
    if not first:
        journal.append([line(1)], Header())
    known = seqs(tmp_path)
    disk.left_behind = lambda data: data[: int(len(data) * part)]
    for seq in (2, 3):
        disk.refused = {"append", *also}
        with pytest.raises(OSError, match="no space"):
            journal.append([line(seq, lost=True)], Header())
        disk.refused = set()
        if not also:
            assert seqs(tmp_path) == known
    journal.append([line(2)], Header())
    journal.append([line(3)], Header())
    assert seqs(tmp_path) == [*known, 2, 3]
    assert not any(b"lost" in each.read_bytes() for each in tmp_path.iterdir()) or also


def test_where_nothing_can_be_cut_off_an_empty_segment_says_so(tmp_path: Path) -> None:
    """One file refuses everything; others can be written."""

    class OneBadFile(Disk):
        bad = ""

        @override
        def append(self, path: Path, data: bytes) -> None:
            super().append(path, data)
            if path.name == self.bad:
                raise OSError("the line is there, and nobody knows it")

        @override
        def truncate(self, path: Path, size: int) -> None:
            if path.name == self.bad:
                raise OSError("read-only")
            super().truncate(path, size)

    disk = OneBadFile()
    journal = Journal(tmp_path, disk)
    journal.append([line(1)], Header())
    (file,) = tmp_path.iterdir()
    disk.bad = file.name
    with pytest.raises(OSError, match="nobody knows"):
        journal.append([line(2)], Header())
    assert seqs(tmp_path) == [1]


def test_what_is_too_old_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    journal = Journal(tmp_path)
    for seq in range(1, 6):
        at = NOW - timedelta(days=600 - 100 * seq)
        journal.append([line(seq, at)], Header(files={"goals": seq - 1}))
    journal.prune(NOW, {"goals": 5})
    assert seqs(tmp_path) == [2, 3, 4, 5]


@pytest.mark.parametrize(("saved", "left"), [(5, [4, 5]), (2, [3, 4, 5]), (0, [1, 2, 3, 4, 5])])
def test_what_is_too_much_is_forgotten_unless_it_is_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved: int, left: list[int]
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 1)
    journal = Journal(tmp_path)
    for seq in range(1, 6):
        journal.append([line(seq)], Header(files={"goals": seq - 1}))
    sizes = sum(each.stat().st_size for each in sorted(tmp_path.iterdir())[3:])
    monkeypatch.setattr(journal_module, "KEPT_BYTES", sizes)
    journal.prune(NOW, {"goals": saved})
    assert seqs(tmp_path) == left


def test_people_are_forgotten_in_every_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 150)
    journal = Journal(tmp_path)
    for seq in range(1, 9):
        who = ANNA if seq % 2 else "somebody"
        journal.append([line(seq, who=who)], Header(files={f"history.{ANNA}": seq - 1}))
    untouched = min(tmp_path.iterdir()).stat().st_ino
    journal.rewrite([ANNA], lambda each: None if each["who"] == ANNA else each)
    assert seqs(tmp_path) == [2, 4, 6, 8]
    assert not any(ANNA.encode() in each.read_bytes() for each in tmp_path.iterdir())
    journal.append([line(9, who="somebody")], Header())
    assert seqs(tmp_path) == [2, 4, 6, 8, 9]
    journal.rewrite([ANNA], lambda _each: None)
    assert seqs(tmp_path) == [2, 4, 6, 8, 9]
    assert min(tmp_path.iterdir()).stat().st_ino != untouched


def test_lines_that_never_counted_are_forgotten_with_people(tmp_path: Path) -> None:
    disk = RefusingDisk()
    journal = Journal(tmp_path, disk)
    journal.append([line(1)], Header())
    disk.refused = {"append", "truncate"}
    with pytest.raises(OSError, match="no space"):
        journal.append([line(2, who=ANNA)], Header())
    disk.refused = set()
    journal.append([line(2)], Header())
    journal.rewrite([ANNA], lambda each: each)
    assert seqs(tmp_path) == [1, 2]
    assert not any(ANNA.encode() in each.read_bytes() for each in tmp_path.iterdir())


def test_the_whole_journal_can_be_removed(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.append([line(1)], Header())
    journal.remove()
    assert not (tmp_path / "j").exists()
    journal.append([line(1)], Header())
    assert seqs(tmp_path / "j") == [1]


def test_a_line_is_json_that_others_can_read(tmp_path: Path) -> None:
    Journal(tmp_path).append([line(1)], Header(files={"goals": 0}))
    (file,) = tmp_path.iterdir()
    header, first = map(json.loads, file.read_text().splitlines())
    assert header == {"journal": 1, "files": {"goals": 0}, "bases": {}, "previous": [0, 0]}
    assert first == line(1)


def test_the_extent_is_the_size_of_all_files_and_the_time_of_the_oldest_line(
    tmp_path: Path,
) -> None:
    assert Journal(tmp_path / "j").extent() == (0, None)
    Journal(tmp_path / "j").append([line(1, NOW), line(2, NOW + timedelta(days=1))], Header())
    Journal(tmp_path / "j").append([line(3, NOW + timedelta(days=2))], Header())
    size = sum(path.stat().st_size for path in (tmp_path / "j").iterdir())
    assert Journal(tmp_path / "j").extent() == (size, NOW)


def test_a_line_without_a_time_has_no_age(tmp_path: Path) -> None:
    Journal(tmp_path).append([{**line(1), "at": "once"}, line(2)], Header())
    _, since = Journal(tmp_path).extent()
    assert since == NOW
