"""Files are found and read without leaving the folder, waiting for anything, or drowning in it."""

from collections.abc import Callable
import os
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, strategies as st
import pytest

from custom_components.digital_twin.engine.folder import files, reading
from custom_components.digital_twin.engine.folder.files import (
    Content,
    FolderFault,
    content_of,
    original_of,
    read,
)
from custom_components.digital_twin.engine.folder.reading import FolderReader, scan

from .conftest import Folder


def names(folder: Folder) -> list[str]:
    return [source.name for source in scan(folder.path).sources]


def test_folders_and_files_are_sources(folder: Folder) -> None:
    for file in (
        "G02/README.md",
        "G01_Run.md",
        "G01.MARKDOWN",
        "G03/note.txt",
        ".obsidian/a.md",
        "_templates/a.md",
        ".hidden.md",
        "G04/deep/README.md",
        "list.csv",
    ):
        folder.write(file, "x")
    assert names(folder) == ["G01.MARKDOWN", "G01_Run.md", "G02"]


def test_the_folder_of_the_data_model_may_lie_in_the_chosen_one(folder: Folder) -> None:
    folder.write("10_GOALS/G01.md", "x")
    folder.write("G02.md", "x")
    assert names(folder) == ["G01.md"]


def test_a_folder_that_is_not_there_is_an_error(folder: Folder) -> None:
    with pytest.raises(FileNotFoundError):
        scan(folder.path / "nowhere")


def test_links_that_leave_the_folder_are_not_followed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("x")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "README.md").write_text("x")
    folder.write("G01/README.md", "x")
    (folder.path / "G02.md").symlink_to(tmp_path / "secret.md")
    (folder.path / "G03").symlink_to(tmp_path / "secrets")
    (folder.path / "G04").symlink_to(folder.path / "G04")
    (folder.path / "G05").symlink_to(folder.path / "G01")
    (folder.path / "G06").symlink_to(folder.path)
    (folder.path / "G01" / "Roadmap.md").symlink_to(tmp_path / "secret.md")
    found = scan(folder.path)
    assert {source.name: list(source.files) for source in found.sources} == {
        "G01": ["G01/README.md"],
        "G05": ["G05/README.md"],
    }
    assert [(fault.file, fault.key) for fault in found.faults] == [
        ("G01/Roadmap.md", "outside_folder"),
        ("G02.md", "outside_folder"),
        ("G03", "outside_folder"),
        ("G04", "outside_folder"),
        ("G05/Roadmap.md", "outside_folder"),
        ("G06", "outside_folder"),
    ]


def test_a_name_that_is_no_utf8_is_a_fault(folder: Folder) -> None:
    folder.write("G01/README.md", "x")
    for name in (
        b"G\xff2.md",
        b"G\xff3/README.md",
        b"photo\xff.jpg",
        b"G01/\xff.md",
        b"G01/\xff.jpg",
    ):
        folder.write(os.fsdecode(name), "x")
    found = scan(folder.path)
    assert {source.name: list(source.files) for source in found.sources} == {
        "G01": ["G01/README.md"]
    }
    assert [(fault.file, fault.key) for fault in found.faults] == [
        ("G?2.md", "not_utf8"),
        ("G?3", "not_utf8"),
        ("G01/?.md", "not_utf8"),
    ]


def test_a_pipe_is_no_file(folder: Folder) -> None:
    os.mkfifo(folder.path / "G01.md")
    assert names(folder) == []


def test_there_are_limits(folder: Folder) -> None:
    for number in range(4):
        folder.write(f"G0{number}/README.md", "x")
        folder.write(f"G00/{number}.md", "x")
    with patch.object(reading, "MAX_GOALS", 2), patch.object(reading, "MAX_FILES", 3):
        found = scan(folder.path)
    assert [source.name for source in found.sources] == ["G00", "G01"]
    assert [(fault.file, fault.key) for fault in found.faults] == [
        ("G00/2.md", "too_many_files"),
        ("G02", "too_many_files"),
    ]


def test_a_folder_that_cannot_be_listed_stops_no_other(folder: Folder) -> None:
    folder.write("G01/README.md", "x")
    folder.write("G02/README.md", "x")
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "G01":
            raise PermissionError(13, "Permission denied")
        return real(path)

    with patch("os.scandir", scandir):
        found = scan(folder.path)
    assert [source.name for source in found.sources] == ["G02"]
    assert found.faults == (
        FolderFault("G01", None, "unreadable", {"reason": "Permission denied"}),
    )


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", [""]),
        (b"a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        (b"\xef\xbb\xbfa\n", ["a", ""]),
        ("\u017c\u2028\x0b\x85\n".encode(), ["\u017c\u2028\x0b\x85", ""]),
    ],
)
def test_lines_end_where_markdown_ends_them(raw: bytes, lines: list[str]) -> None:
    content = content_of("a.md", raw)
    assert isinstance(content, Content)
    assert list(content.lines) == lines
    assert [raw.decode() for raw in content.raw_lines] == lines
    for start, line in zip(content.starts, content.raw_lines, strict=True):
        assert raw[start : start + len(line)] == line


@given(st.text("a\r\n\u017c\ufeff", max_size=30))
def test_lines_are_found_in_the_bytes(text: str) -> None:
    raw = text.encode()
    content = content_of("a.md", raw)
    assert isinstance(content, Content)
    assert [line.decode() for line in content.raw_lines] == list(content.lines)


@pytest.mark.parametrize(
    ("raw", "line"), [(b"a\nb\xff", 2), (b"\xff", 1), ("a\r\n\u017c".encode("utf-16"), 1)]
)
def test_what_is_not_utf_8_is_named_by_line(raw: bytes, line: int) -> None:
    assert content_of("a.md", raw) == FolderFault("a.md", line, "not_utf8")


def test_a_file_of_ten_megabytes_is_not_read(folder: Folder) -> None:
    folder.write("G01.md", b"x" * 10_000_000)
    fault = read(folder.path, "G01.md")
    assert isinstance(fault, FolderFault)
    assert (fault.key, fault.placeholders["size"]) == ("file_too_large", "10000000")


def test_a_file_that_is_gone_by_now_is_unreadable(folder: Folder) -> None:
    fault = read(folder.path, "G01.md")
    assert fault == FolderFault(
        "G01.md", None, "unreadable", {"reason": "No such file or directory"}
    )


def test_an_empty_file_may_be_about_to_be_written(folder: Folder) -> None:
    path = folder.write("G01.md", "")
    assert read(folder.path, "G01.md") == FolderFault("G01.md", None, "being_written")
    os.utime(path, (0, 0))
    assert isinstance(read(folder.path, "G01.md"), Content)


def writing(times: int, path: Path) -> Callable[[os.stat_result], object]:
    """Return a signature that sees somebody write between two looks."""
    looks = 0
    real = files.signature_of

    def signature(status: os.stat_result) -> object:
        nonlocal looks
        looks += 1
        if looks <= 2 * times and looks % 2:
            with path.open("ab") as opened:
                opened.write(b"more")
            return real(path.stat())
        return real(status)

    return signature


@pytest.mark.parametrize(("times", "read_"), [(0, True), (1, True), (2, False)])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    folder: Folder, times: int, read_: bool
) -> None:
    path = folder.write("G01.md", "text")
    with patch.object(files, "signature_of", writing(times, path)):
        found = read(folder.path, "G01.md")
    if read_:
        assert isinstance(found, Content)
    else:
        assert found == FolderFault("G01.md", None, "being_written")


def test_only_what_changed_is_read_again(folder: Folder) -> None:
    folder.write("G01.md", "# G01: a")
    folder.write("G02.md", "# G02: b")
    reader = FolderReader()
    first = reader.read(folder.path)
    assert not first.same
    second = reader.read(folder.path)
    assert second.same
    assert [one is other for one, other in zip(first.goals, second.goals, strict=True)] == [
        True,
        True,
    ]
    folder.write("G02.md", "# G02: c!")
    third = reader.read(folder.path)
    assert not third.same
    assert third.goals[0] is first.goals[0]
    assert third.goals[1].fields["name"] == "c!"
    (folder.path / "G01.md").unlink()
    assert not reader.read(folder.path).same


def test_what_may_be_over_soon_is_tried_again(folder: Folder) -> None:
    path = folder.write("G01.md", "")
    reader = FolderReader()
    assert reader.read(folder.path).unread == {"G01.md"}
    # Until it can be read, it is no news.
    again = reader.read(folder.path)
    assert again.same
    assert again.unread == {"G01.md"}
    with patch("time.time", return_value=path.stat().st_mtime + files.FRESH):
        third = reader.read(folder.path)
    assert ([goal.code for goal in third.goals], third.same) == (["G01"], False)
    assert reader.read(folder.path).same


def test_a_link_that_leaves_the_folder_is_news(folder: Folder, tmp_path: Path) -> None:
    folder.write("G01.md", "# G01: a")
    reader = FolderReader()
    reader.read(folder.path)
    (folder.path / "G02").symlink_to(tmp_path)
    found = reader.read(folder.path)
    assert ([fault.key for fault in found.faults], found.same) == (["outside_folder"], False)
    assert reader.read(folder.path).same


BESIDE = {"readme.md", "roadmap.md", "metrics.md", "g01_run", "g05_learn.md", "run.md"}


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("README.sync-conflict-20260410-142530-ABCDEFG.md", "README.md"),
        ("Log.sync-conflict-20260410-142530.md", "Log.md"),
        ("README (conflicted copy 2026-04-10 142530).md", "README.md"),
        ("README (Ola's conflicted copy 2026-04-10).md", "README.md"),
        ("README (Ola's conflicted copy 2026-04-10) 2.md", "README.md"),
        ("README (kopia powoduj\u0105ca konflikt Ola 2026-04-10).md", "README.md"),
        ("README_conflict-20160410-142530.md", "README.md"),
        ("README (case clash from ola).md", "README.md"),
        ("README (Case Conflict).md", "README.md"),
        ("README (Selective Sync Conflict).md", "README.md"),
        ("README (SFConflict ola@example.org 2026-04-10-14-25-30).md", "README.md"),
        ("README_DiskStation_Apr-10-1425-2026_Conflict.md", "README.md"),
        ("README [Conflict].md", "README.md"),
        ("README (Conflicted copy phone 202604101425).md", "README.md"),
        ("README 2.md", "README.md"),
        ("README (1).md", "README.md"),
        ("Roadmap-DESKTOP-7KQ2B1F.md", "Roadmap.md"),
        ("Roadmap-Olas-MacBook-Pro.md", "Roadmap.md"),
        ("Metrics.Conflict.md", "Metrics.md"),
        ("Copy of Metrics.md", "Metrics.md"),
        ("Metrics - Copy.md", "Metrics.md"),
        ("Metrics copy 2.md", "Metrics.md"),
        ("Metrics \u2014 kopia.md", None),
        ("README 3.txt", None),
        ("Roadmap-2026.md", None),
        ("Roadmap 2026.md", None),
        ("Roadmap-Review.md", None),
        ("Roadmap Q1.md", None),
        ("Metrics-Log.md", None),
        ("Week 2.md", None),
        ("Family-Conflict.md", None),
        ("Peace (conflict resolution).md", None),
    ],
)
def test_conflict_copies_are_known_by_their_names(name: str, original: str | None) -> None:
    assert original_of(name, BESIDE) == original


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("G01_Run 2", "G01_Run"),
        ("G05_Learn (1).md", "G05_Learn.md"),
        ("Run 2.md", None),
        ("G01_Run (conflicted copy 2026-04-10)", "G01_Run"),
    ],
)
def test_a_goal_may_have_a_number_in_its_name(name: str, original: str | None) -> None:
    assert original_of(name, BESIDE, is_goal=True) == original


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", 2),
        ("a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\nc\r\n>>>>>>> other\r\n", 2),
        ("---\n<<<<<<<\nstatus: a\n=======\nstatus: b\n>>>>>>>\n---\n", 2),
        ("Title\n=======\nwords\n>>>>>>> quoted\n", None),
        ("```\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n```\n", None),
        ("<<<<<<< a mark that nothing ends\n=======\n", None),
    ],
)
def test_the_marks_of_a_merge_are_a_fault(text: str, line: int | None) -> None:
    fault = content_of("G01.md", text.encode())
    found = (fault.line, fault.key) if isinstance(fault, FolderFault) else (None, "merge_marks")
    assert found == (line, "merge_marks")
