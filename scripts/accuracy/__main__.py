"""Prints the accuracy report, and keeps it in docs/accuracy.md with `--keep`."""

from pathlib import Path
import sys

from . import batteries, goals, health_report, portfolios, weaknesses

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
HEAD = """# Accuracy

How often judgements are right, measured on simulated series by `scripts/accuracy-report`. The
series are made from fixed seeds, so that everybody gets the same figures; they are nobody's data.
"""


def main() -> None:
    """Print the report; keep it if that is wanted."""
    made = (goals, portfolios, batteries, health_report)
    parts = (HEAD, *(each.report() for each in made), weaknesses.table())
    text = "\n".join(part.rstrip() + "\n" for part in parts)
    print(text)
    if "--keep" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
