"""Prints the accuracy report, and keeps it in docs/accuracy.md with `--keep`."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
import sys

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
SECTIONS = ("goals", "health")
HEAD = """# Accuracy

How often judgements are right, measured on simulated series by `scripts/accuracy-report`. The
series are made from fixed seeds, so that everybody gets the same figures; they are nobody's data.
"""


def report() -> str:
    """Return the whole report as markdown."""
    modules = [f"{__package__}.{name}" for name in SECTIONS]
    sections = [import_module(name).report() for name in modules if find_spec(name)]
    return "\n".join([HEAD, *sections])


def main() -> None:
    """Print the report; keep it if that is wanted."""
    text = report()
    print(text)
    if "--keep" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
