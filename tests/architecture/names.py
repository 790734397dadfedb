"""Names of classes and type aliases, read from the source."""

import ast
from pathlib import Path


def shared_names(package: Path) -> list[str]:
    """List the names of classes and type aliases that stand for two things in the package.

    Leading underscores do not count.
    """
    places: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.TypeAlias):
                name = node.name.id
            else:
                continue
            place = f"{path.relative_to(package)}:{node.lineno}"
            places.setdefault(name.lstrip("_"), []).append(place)
    return [
        f"{name}: {', '.join(found)}" for name, found in sorted(places.items()) if len(found) > 1
    ]
