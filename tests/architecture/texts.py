"""Every translation key in the code has a text, and every text is used."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
import re

type Tree = Mapping[str, object]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Functions of the pure layer that make a fault: its key comes first, then the field.
_FAULTS = frozenset({"Fault", "fault", "refuse"})


@dataclass(frozen=True, slots=True)
class Use:
    """One place in the code that names a translation key."""

    where: str
    key: str
    placeholders: frozenset[str] | None = None


def flatten(tree: Tree, prefix: str = "") -> dict[str, str]:
    """Make one flat mapping of dotted keys to texts."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = str(value)
    return flat


def branch(tree: Tree, *path: str) -> Tree:
    """Take a branch of a tree; one that is missing is empty."""
    found: object = tree
    for key in path:
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def different(one: Tree, other: Tree, names: tuple[str, str]) -> list[str]:
    """List the keys that only one of two languages has, and texts with other placeholders."""
    first, second = flatten(one), flatten(other)
    found = [f"{key}: only in {names[0]}" for key in sorted(first.keys() - second.keys())]
    found += [f"{key}: only in {names[1]}" for key in sorted(second.keys() - first.keys())]
    found += [
        f"{key}: {names[0]} and {names[1]} have different placeholders"
        for key in sorted(first.keys() & second.keys())
        if placeholders(first[key]) != placeholders(second[key])
    ]
    return found


def unresolved(tree: Tree) -> list[str]:
    """List empty texts, and references that Home Assistant resolves for its own code only."""
    return [
        f"{key}: {text!r}"
        for key, text in flatten(tree).items()
        if not text.strip() or "[%key:" in text
    ]


def placeholders(text: str) -> frozenset[str]:
    """Name the placeholders of a text."""
    return frozenset(_PLACEHOLDER.findall(text))


def error_keys(source: str, name: str) -> list[Use]:
    """Find the keys of faults and of Home Assistant's errors.

    A fault is ``fault("key", field, limit=1)``; an error is any call with ``translation_key="key"``
    whose name ends in Error, NotReady or Failed.
    """
    return list(_error_keys(ast.parse(source), name))


def _error_keys(tree: ast.AST, name: str) -> Iterator[Use]:
    for call in _calls(tree):
        called = _name_of(call)
        where = f"{name}:{call.lineno}"
        if called in _FAULTS and call.args and (key := _text_of(call.args[0])):
            given = {word.arg for word in call.keywords}
            complete = None not in given and called != "Fault"
            known = frozenset(word for word in given if word) | {"field"}
            yield Use(where, key, known if complete else None)
        elif called.endswith(("Error", "NotReady", "Failed")):
            words = {word.arg: word.value for word in call.keywords}
            if key := _text_of(words.get("translation_key")):
                yield Use(where, key, _keys_of(words.get("translation_placeholders")))


def issue_keys(source: str, name: str) -> list[Use]:
    """Find the keys of repair issues: ``async_create_issue(..., translation_key="key")``."""
    found = []
    for call in _calls(ast.parse(source)):
        if _name_of(call) != "async_create_issue":
            continue
        words = {word.arg: word.value for word in call.keywords}
        if key := _text_of(words.get("translation_key")):
            given = _keys_of(words.get("translation_placeholders"))
            found.append(Use(f"{name}:{call.lineno}", key, given))
    return found


def entity_keys(source: str, name: str) -> list[Use]:
    """Find the translation keys of the entities that a platform module defines.

    They are ``_attr_translation_key = "key"`` and, in descriptions, ``translation_key="key"``.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and (key := _text_of(node.value)):
            for target in node.targets:
                attribute = target.id if isinstance(target, ast.Name) else ""
                attribute = target.attr if isinstance(target, ast.Attribute) else attribute
                if attribute == "_attr_translation_key":
                    found.append(Use(f"{name}:{node.lineno}", key))
        elif isinstance(node, ast.Call) and _name_of(node).endswith("Description"):
            found.extend(
                Use(f"{name}:{node.lineno}", key)
                for word in node.keywords
                if word.arg == "translation_key" and (key := _text_of(word.value))
            )
    return found


def flow_steps(source: str, name: str) -> list[Use]:
    """Find the steps that flows show: ``async_show_menu(step_id="user")``, ``_form("user")``."""
    return _words(source, name, ("async_show_form", "async_show_menu"), "step_id") + [
        Use(f"{name}:{call.lineno}", key)
        for call in _calls(ast.parse(source))
        if _name_of(call) in ("show_form", "_form")
        for argument in call.args
        if (key := _text_of(argument))
    ]


def flow_aborts(source: str, name: str) -> list[Use]:
    """Find the reasons for which flows end without a result."""
    return _words(source, name, ("async_abort",), "reason")


def _words(source: str, name: str, called: tuple[str, ...], wanted: str) -> list[Use]:
    return [
        Use(f"{name}:{call.lineno}", key)
        for call in _calls(ast.parse(source))
        if _name_of(call) in called
        for word in call.keywords
        if word.arg == wanted and (key := _text_of(word.value))
    ]


def without_text(uses: Iterable[Use], texts: Tree, suffix: str = "") -> list[str]:
    """List the uses that have no text, and those whose text wants a placeholder not given.

    ``suffix`` names the text below a key, such as ``message`` or ``title``; without it, being
    there is enough.
    """
    found = []
    for use in uses:
        text = texts.get(use.key)
        if text is not None and suffix:
            text = branch(texts, use.key).get(suffix)
        if text is None:
            found.append(f"{use.where}: no text for {use.key!r}")
        elif isinstance(text, str) and use.placeholders is not None:
            missing = placeholders(text) - use.placeholders
            if missing:
                found.append(f"{use.where}: {use.key!r} is not given {sorted(missing)}")
    return found


def without_use(texts: Tree, sources: Iterable[str]) -> list[str]:
    """List the keys of texts that no string in the sources names."""
    strings = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(key for key in texts if key not in strings)


def action_texts(services: Tree, texts: Tree, icons: Tree, selectors: Tree) -> list[str]:
    """Compare services.yaml with the texts and icons of the actions, both ways."""
    found = []
    for name in sorted(services.keys() | texts.keys() | icons.keys()):
        found += [
            f"action {name}: not in {place}"
            for place, known in {
                "services.yaml": services,
                "the translations": texts,
                "icons.json": icons,
            }.items()
            if name not in known
        ]
        fields = dict(_fields(branch(services, name, "fields")))
        described = branch(texts, name, "fields")
        found += _texts_missing(f"action {name}", branch(texts, name))
        for field in sorted(fields.keys() | described.keys()):
            where = f"action {name}, field {field}"
            if field not in fields:
                found.append(f"{where}: not in services.yaml")
                continue
            found += _texts_missing(where, branch(described, field))
            found += _options_missing(where, branch(fields, field, "selector", "select"), selectors)
    return found


def _fields(fields: Tree) -> Iterator[tuple[str, object]]:
    for name, field in fields.items():
        if inner := branch(fields, name, "fields"):
            yield from _fields(inner)
        else:
            yield name, field


def _texts_missing(where: str, texts: Tree) -> list[str]:
    return [f"{where}: no {part}" for part in ("name", "description") if not texts.get(part)]


def _options_missing(where: str, select: Tree, selectors: Tree) -> list[str]:
    options = select.get("options", [])
    if not isinstance(options, list) or not options:
        return []
    key = select.get("translation_key")
    if not isinstance(key, str):
        return [f"{where}: its options have no translation_key"]
    missing = {str(option) for option in options} ^ set(branch(selectors, key, "options"))
    return [f"{where}: option {option} is not in both" for option in sorted(missing)]


def icon_texts(icons: Tree, texts: Tree) -> list[str]:
    """List the entity icons, and icons of states, that belong to no text or say nothing new."""
    found = []
    for platform, entities in icons.items():
        for key in entities if isinstance(entities, Mapping) else ():
            entity = branch(texts, platform, key)
            if not entity:
                found.append(f"icon of {platform}.{key}: there is no such entity")
            states = branch(icons, platform, key, "state").keys()
            known = branch(entity, "state").keys() or states
            found += [f"icon of {platform}.{key}: no state {s}" for s in sorted(states - known)]
            default = branch(icons, platform, key).get("default")
            found += [
                f"icon of {platform}.{key}: state {state} has the default one"
                for state, icon in branch(icons, platform, key, "state").items()
                if icon == default
            ]
    return found


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name_of(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _text_of(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def _keys_of(node: ast.expr | None) -> frozenset[str] | None:
    """Return the keys of a literal dictionary, or none for any other expression."""
    if node is None:
        return frozenset()
    if not isinstance(node, ast.Dict):
        return None
    keys = [_text_of(key) for key in node.keys]
    return None if None in keys else frozenset(key for key in keys if key)
