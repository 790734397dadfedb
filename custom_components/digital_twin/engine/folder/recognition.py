"""Recognises goals among the files of a folder, and names them."""

from collections.abc import Sequence
from pathlib import PurePosixPath
import re
from typing import Final

from ...twin.records.naming import unique_slug
from ...twin.records.parsers import CODE, UNPRINTABLE
from .dates import quarter_number
from .files import Content, FolderFault, Source, found
from .goal_files import (
    CODE_TEXT,
    GOAL_TYPES,
    TITLED,
    GoalFile,
    GoalFiles,
    bare_name,
    opened,
    sorted_out,
    stem_of,
)
from .markdown import ListItem
from .tables import is_key_result_table

MAX_CODE: Final = 32
NAMED: Final = re.compile(rf"(?P<code>{CODE_TEXT})(?:[ _\-]+(?P<name>.+))?")
DOC_ID: Final = re.compile(rf"(?:goal[-_ ]?)?({CODE_TEXT})", re.IGNORECASE)
# The letters of codes that are those of goals; `W12` is a week, and `MP3` no goal.
GOAL_LETTERS: Final = frozenset({"g", "goal", "okr", "obj", "cel", "prj", "proj"})
# These are, too, before a colon in a title.
TITLE_LETTERS: Final = GOAL_LETTERS | {"o", "p", "c", "kr"}
# A heading such as `Goal: Run a marathon`, `Objective 2 - Sleep` or `🎯 Learn Polish`.
GOAL_TITLE: Final = re.compile(
    r"(?:\W*(?:goal|objective|okr|project|cel|projekt)(?: \d+)?\s*[:\u2013\u2014|-]\s*"
    r"|\s*\U0001f3af\s*)(?P<name>\S.*)",
    re.IGNORECASE,
)
# A quick look at a note before it is parsed.
MAY_BE_GOAL: Final = re.compile(
    r"^type\s*:\s*.{0,30}\b(?:goal|okr|project|objective|cel|projekt)"
    r"|^goal_(?:id|code)\s*:"
    r"|^#.{0,10}\b(?:goal|objective|okr|project|cel|projekt)\b|^#\s*\U0001f3af"
    r"|^\|.*\b(?:krs?|key results?|kluczow\w+)\b.*\|",
    re.IGNORECASE | re.MULTILINE,
)
NO_GOAL_NAMES: Final = re.compile(
    r"(?:.*\b)?(?:templates?|szablon|index|readme|overview|dashboard|log|journal|review\w*|retro\w*"
    r"|inbox|changelog|przegląd|dziennik|notes?|notatki)(?:\b.*)?"
    r"|(?:my )?(?:goals|okrs|projects|cele)\b.*"
)
PLACEHOLDER: Final = re.compile(r"\{\{|<%|^<.*>$")
MEASURED: Final = ("status", "target_date", "due_date", "due", "deadline", "end_date", "termin")


def named(files: GoalFiles, source: Source) -> tuple[str | None, str]:
    """Return the code and the name of a goal; the code is None if the files are no goal.

    Both are taken from the title, else from the front matter or the name of the folder. Without a
    code the goal gets one from its name.
    """
    main = files.main
    stem = PurePosixPath(source.name).name
    stem = PurePosixPath(stem).stem if source.name in source.files else stem
    outer = NAMED.fullmatch(stem)
    outer_name = _spaced(outer["name"] or "" if outer else stem)
    if main is None:
        is_goal = outer is not None and (_letters(outer["code"]) in GOAL_LETTERS or files.roadmaps)
        return (outer["code"], outer_name or outer["code"]) if outer and is_goal else (None, "")
    title = clean(main.title)
    if PLACEHOLDER.search(title) or not _is_goal(files, source, title, outer):
        return None, ""
    titled, headed = TITLED.fullmatch(title), GOAL_TITLE.fullmatch(title)
    code = _code(main, title, outer)
    name = titled["name"] if titled else headed["name"] if headed else _without_code(title, code)
    if code and quarter_number(code) and not GOAL_TYPES.fullmatch(main.kind):
        # `Q2` is a quarter, not the code of a goal.
        code = None
    code = code or unique_slug(name or outer_name or stem, (), "goal")[:MAX_CODE].strip("_")
    return code, name or outer_name or code


def _is_goal(files: GoalFiles, source: Source, title: str, outer: re.Match[str] | None) -> bool:
    """Return whether the files are a goal, by what stands in them or by the code in a name."""
    main = files.main
    if main is None or GOAL_TYPES.fullmatch(main.kind):
        return main is not None
    if main.kind and source.name in source.files:
        return False
    titled = TITLED.fullmatch(title)
    has_code = (
        main.front.get("goal_code") is not None
        or DOC_ID.fullmatch(_text(main, "goal_id")) is not None
        or (titled is not None and _is_code(titled["code"], main))
        or (outer is not None and _letters(outer["code"]) in GOAL_LETTERS)
    )
    if has_code or NO_GOAL_NAMES.fullmatch(bare_name(_own_stem(main, source))):
        return has_code
    is_named = GOAL_TITLE.fullmatch(title) is not None
    has_table = any(is_key_result_table(table) for table in main.tables)
    return is_named or has_table or (_in_named_folder(source) and not outer and _is_measured(files))


def _own_stem(main: GoalFile, source: Source) -> str:
    return main.stem if source.name in source.files else stem_of(source.name)


def _in_named_folder(source: Source) -> bool:
    """Return whether a source lies in a folder such as `Goals`, not only in the chosen one."""
    return source.collection and source.named


def _is_measured(files: GoalFiles) -> bool:
    """Return whether there is something to follow: a status, a date, a checkbox, or a table."""
    main = files.main
    if main is None:
        return False
    boxes = (isinstance(block, ListItem) and block.state for block in main.blocks)
    return bool(main.front.get(*MEASURED) or any(boxes) or files.roadmaps or files.results)


def _is_code(code: str, main: GoalFile) -> bool:
    if quarter_number(code):
        return False
    return _letters(code) in TITLE_LETTERS or main.front.get(*MEASURED[1:]) is not None


def _letters(code: str) -> str:
    return re.split(r"[-.0-9]", code.casefold())[0]


def _text(file: GoalFile, name: str) -> str:
    value = file.front.get(name)
    return value.text if value else ""


def may_be_goal(content: Content | FolderFault) -> bool:
    """Return at a glance whether a note may be a goal, wherever it lies."""
    return isinstance(content, Content) and any(map(MAY_BE_GOAL.search, content.lines))


def look_alike(source: Source, contents: Sequence[Content | FolderFault]) -> FolderFault | None:
    """Return why a source that looks like a goal is none; None if it does not look like one."""
    files = sorted_out(source, [opened(each) for each in contents if isinstance(each, Content)])
    main = files.main
    if main is None or main.kind in ("index", "template", "moc"):
        return None
    stem = _own_stem(main, source)
    outer = NAMED.fullmatch(stem)
    title = clean(main.title)
    if PLACEHOLDER.search(title) or NO_GOAL_NAMES.fullmatch(bare_name(stem)):
        return None
    if main.kind and (outer or TITLED.fullmatch(title)) and not quarter_number(stem):
        return found(main.name, None, "no_goal_type", value=main.kind)
    if outer and not quarter_number(outer["code"]) and _is_measured(files):
        return found(main.name, None, "no_goal_code", value=outer["code"])
    if _in_named_folder(source) and not outer:
        return found(main.name, None, "nothing_to_measure")
    return None


def _without_code(title: str, code: str | None) -> str:
    """Remove the code of the goal from the beginning of its title."""
    if code is None:
        return title
    begins = _begins_with(code, title)
    return title[begins.end() :] if begins else title


def _begins_with(code: str, title: str) -> re.Match[str] | None:
    pattern = rf"\W*{re.escape(code)}(?!\w)[\s:|\u2013\u2014_\-]*"
    return re.match(pattern, title, re.IGNORECASE)


def _code(main: GoalFile, title: str, outer: re.Match[str] | None) -> str | None:
    written = main.front.get("goal_code")
    if written and len(written.text) <= MAX_CODE and CODE.fullmatch(written.text):
        return written.text
    if titled := TITLED.fullmatch(title):
        return str(titled["code"])
    if outer and _begins_with(outer["code"], title):
        return str(outer["code"])
    doc_id = main.front.get("goal_id")
    inner = DOC_ID.fullmatch(doc_id.text) if doc_id else None
    if inner:
        return inner[1].upper()
    return str(outer["code"]) if outer else None


def _spaced(name: str) -> str:
    return " ".join(re.split(r"[\s_\-]+", name)).strip()


def clean(text: str) -> str:
    """Return a text without control characters."""
    return UNPRINTABLE.sub("", text).strip()
