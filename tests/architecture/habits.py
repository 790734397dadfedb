"""Rules that no linter checks, read from the source."""

import ast
from pathlib import Path
import re

_IGNORE = re.compile(r"#\s*type:\s*ignore(\[[^\]]*\])?(?P<reason>.*)")
_NO_COVER = re.compile(r"#\s*pragma:\s*no\s*cover", re.IGNORECASE)


def broken_habits(source: str, name: str) -> list[str]:
    """List the lines of a source file that break a habit of this project.

    They are: an ignored type error without a reason beside it, code taken out of the coverage, and
    the untyped ``hass.data[...]``.
    """
    found = []
    for number, line in enumerate(source.splitlines(), start=1):
        ignored = _IGNORE.search(line)
        if ignored and not ignored["reason"].strip(" #"):
            found.append(f"{name}:{number}: a type error is ignored without a reason beside it")
        if _NO_COVER.search(line):
            found.append(f"{name}:{number}: a line is hidden from the coverage")
    found.extend(
        f"{name}:{node.lineno}: hass.data[...]; use entry.runtime_data"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "data"
        and ast.unparse(node.value.value).endswith("hass")
        and isinstance(node.slice, ast.Constant | ast.Name)
        and not _is_typed_key(node.slice)
    )
    return found


def _is_typed_key(key: ast.expr) -> bool:
    """Return whether a key is a typed `HassKey`, which are named DATA_..."""
    return isinstance(key, ast.Name) and "DATA" in key.id


def uses_home_assistant(source: str, name: str) -> list[str]:
    """List the places where a test needs a running Home Assistant or any of its code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.arg in {"hass", "hass_storage", "recorder_mock"}:
            found.append(f"{name}:{node.lineno}: a test of twin/ asks for {node.arg}")
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        found.extend(
            f"{name}:{node.lineno}: a test of twin/ imports {module}"
            for module in modules
            if module.partition(".")[0] in {"homeassistant", "voluptuous", "probatio"}
            and isinstance(node, ast.stmt)
        )
    return found


def read(path: Path) -> str:
    """Read a source file."""
    return path.read_text(encoding="utf-8")
