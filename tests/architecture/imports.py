"""Imports of the package, read from the source, and rules about them."""

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
import sys

# What may be imported from where: only downwards, so only a lower or equal rank. The names that
# Home Assistant wants in const.py lie below everything that knows Home Assistant.
RANKS = {"twin": 0, "const": 1, "engine": 2, "commands": 3, "surfaces": 4, "": 5}


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement's target, as a dotted name."""

    line: int
    target: str
    inside: bool

    @property
    def root(self) -> str:
        """The first part: the package that has to be installed."""
        return self.target.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Module:
    """One source file of the package, named by its dotted path below it."""

    name: str
    path: Path
    imports: tuple[Import, ...]

    @property
    def layer(self) -> str:
        """The folder or module of the layer, or an empty text for the package itself."""
        return layer_of(self.name)


def layer_of(name: str) -> str:
    """Return the layer of a dotted module name."""
    first = name.partition(".")[0]
    return first if first in RANKS else ""


def read_package(package: Path) -> dict[str, Module]:
    """Read every module below a package folder."""
    files = {_dotted(path, package): path for path in sorted(package.rglob("*.py"))}
    return {
        name: Module(name, path, tuple(_imports(name, path, package, frozenset(files))))
        for name, path in files.items()
    }


def _dotted(path: Path, package: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, path: Path, package: Path, names: frozenset[str]) -> Iterator[Import]:
    home = path.parent.relative_to(package).parts
    absolute = ("custom_components", package.name)
    # ast.walk also sees imports inside functions and under TYPE_CHECKING; they count, too.
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _absolute(node.lineno, tuple(alias.name.split(".")), absolute)
        elif isinstance(node, ast.ImportFrom):
            parts = tuple(node.module.split(".")) if node.module else ()
            if node.level:
                if node.level > len(home) + 1:
                    yield Import(node.lineno, "." * node.level + ".".join(parts), inside=False)
                    continue
                base = (*home[: len(home) + 1 - node.level], *parts)
            elif parts[:2] == absolute:
                base = parts[2:]
            else:
                yield Import(node.lineno, ".".join(parts), inside=False)
                continue
            for alias in node.names:
                whole = ".".join((*base, alias.name))
                yield Import(node.lineno, whole if whole in names else ".".join(base), inside=True)


def _absolute(line: int, parts: tuple[str, ...], absolute: tuple[str, ...]) -> Import:
    inside = parts[:2] == absolute
    return Import(line, ".".join(parts[2:] if inside else parts), inside=inside)


def upward(modules: Mapping[str, Module]) -> list[str]:
    """List the imports that point to a higher layer."""
    return [
        f"{module.path}:{found.line}: {module.layer or 'root'}/ imports"
        f" {found.target or 'the package itself'}, which is above it"
        for module in modules.values()
        for found in module.imports
        if found.inside and RANKS[layer_of(found.target)] > RANKS[module.layer]
    ]


def not_pure(modules: Mapping[str, Module]) -> list[str]:
    """List what twin/ imports besides itself and the standard library."""
    return [
        f"{module.path}:{found.line}: twin/ imports {found.target}, which is no standard library"
        for module in modules.values()
        for found in module.imports
        if module.layer == "twin" and not found.inside
        if found.root not in sys.stdlib_module_names
    ]


def cycle(modules: Mapping[str, Module]) -> str | None:
    """Return one import cycle between files, if there is any."""
    graph = {
        module.name: {found.target for found in module.imports if found.inside}
        for module in modules.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " <- ".join(name or "the package itself" for name in error.args[1])
    return None


def package_cycle(modules: Mapping[str, Module]) -> str | None:
    """Return one import cycle between packages, if there is any.

    A package is a folder with the modules in it, without those in its folders. `const` is one of
    its own, because it lies below everything else in the root.
    """
    graph: dict[str, set[str]] = {}
    for module in modules.values():
        importing = _package_of(module)
        targets = {
            _package_of(modules[found.target])
            for found in module.imports
            if found.inside and found.target in modules
        }
        graph.setdefault(importing, set()).update(targets - {importing})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " <- ".join(name or "the package itself" for name in error.args[1])
    return None


def _package_of(module: Module) -> str:
    if module.path.stem == "__init__" or module.name == "const":
        return module.name
    return module.name.rpartition(".")[0]


def too_long(package: Path, limit: int) -> list[str]:
    """List the source files of more than so many lines."""
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted([*package.rglob("*.py"), *package.rglob("*.js")])
    }
    return [f"{path}: {length} lines" for path, length in lengths.items() if length > limit]


def undeclared(package: Path, declared: Collection[str]) -> list[str]:
    """List the components of Home Assistant that are imported without being declared.

    Those that the package has a platform for need not be.
    """
    found = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
            if module and module.startswith("homeassistant.components."):
                component = module.split(".")[2]
                if component not in declared and not (package / f"{component}.py").exists():
                    found.append(f"{path.relative_to(package)}: {component}")
    return found
