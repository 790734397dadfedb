"""Prints the accuracy report, and keeps it in docs/accuracy.md with `--keep`."""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import sys
from typing import Final

from . import batteries, goals, health_report, portfolios, shapes, weaknesses

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
HEAD = """# Accuracy

How often judgements are right, measured on simulated series by `scripts/accuracy-report`. The
series are made from fixed seeds, so that everybody gets the same figures; they are nobody's data.
"""


# In the order of the page.
PARTS: Final = (
    goals.report,
    portfolios.report,
    batteries.report,
    health_report.report,
    shapes.report,
)
# The longest begins first.
LONGEST: Final = (health_report.report, shapes.report)


def main() -> None:
    """Print the report; keep it if that is wanted. It takes some minutes on two cores."""
    order = sorted(PARTS, key=lambda part: part not in LONGEST)
    with ProcessPoolExecutor(2) as processes:
        made = {part: processes.submit(part) for part in order}
    parts = (HEAD, *(made[part].result() for part in PARTS), weaknesses.table())
    text = "\n".join(part.rstrip() + "\n" for part in parts)
    print(text)
    if "--keep" in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
