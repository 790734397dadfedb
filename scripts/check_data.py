"""Parses the JSON and YAML files named on the standard input; one name a line."""

import json
from pathlib import Path
import sys

import yaml


class _Loader(yaml.SafeLoader):
    """Reads the tags of Home Assistant (`!input`, `!include`) as texts."""


_Loader.add_multi_constructor("!", lambda _loader, _tag, node: str(node.value))


def main() -> int:
    """Print every file that does not parse."""
    broken = 0
    for name in sys.stdin.read().split():
        try:
            text = Path(name).read_text(encoding="utf-8")
            if name.endswith(".json"):
                json.loads(text)
            else:
                list(yaml.load_all(text, Loader=_Loader))
        except (ValueError, yaml.YAMLError) as error:
            broken += 1
            print(f"{name}: {error}", file=sys.stderr)
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main())
