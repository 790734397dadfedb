"""Writes the goals folder of the demo home."""

from datetime import date, timedelta
from pathlib import Path

_MONTHS_OF_A_QUARTER = 3
_QUARTERS = 4

_NORWEGIAN = """\
---
title: "G05: Small talk in Norwegian"
type: goal
status: active
owner: Anna
---

# G05: Small talk in Norwegian

## Purpose
Order coffee, ask the way and chat with the neighbours in Bergen, without a phone in the hand.

## Definition of Done
- [ ] A whole dinner without a word of English
- [x] Introduce myself to a stranger
"""

_NORWEGIAN_ROADMAP = """\
# Roadmap

## {before} - Begin
- [x] Find a course that fits into the evenings
- [x] **First two hundred words** ✅
- [x] Label everything in the kitchen

## {now} - Listen
> [!tip] **Focus:** hear it every day
- [x] One children's book
- [/] Radio on the way to work
- [ ] Call Ingrid every Sunday

## {after} - Speak
- [ ] Conversation group in town
- [ ] Week in Bergen 🇳🇴
"""

_NORWEGIAN_METRICS = """\
# Metrics

| Metric | Baseline | Current | Target | How measured |
|---|---:|---:|---:|---|
| Words I know | 0 | 640 | 1,200 | flash cards |
| Hours of listening | 0 | 31 | ≥ 60 h | podcast app |
"""

_BICYCLE = """\
---
title: "G06: By bicycle to work"
type: goal
status: active
owner: Jan
start_date: {begin}
target_date: {end}
depends_on: [G03]
---
Three days a week, also in the rain.

## Roadmap
- [x] Find a route without the main road ✅ {weeks_ago}
- [x] Have the brakes repaired ✅ {days_ago}
- [ ] Mudguards and a good lamp
- [ ] Clothes to change at the office
"""

_CELLAR = """\
# G07: An empty cellar

Nobody owns this one, so everybody does. What was not used for two years goes.

- [x] Sort the paint tins ✅ {weeks_ago}
- [ ] Sell the old wardrobe
- [ ] Shelf along the left wall
"""


def write_goals(folder: Path, today: date) -> None:
    """Write the goals, unless the folder exists: its files may have been edited.

    Their plans reach from the quarter before `today` to the one after it.
    """
    if folder.exists():
        return
    placeholders = {
        "before": _quarter(today, -1),
        "now": _quarter(today, 0),
        "after": _quarter(today, 1),
        "begin": first_day(today, -1).isoformat(),
        "end": first_day(today, 2).isoformat(),
        "weeks_ago": (today - timedelta(days=39)).isoformat(),
        "days_ago": (today - timedelta(days=10)).isoformat(),
    }
    files = {
        "G05_Norwegian/README.md": _NORWEGIAN,
        "G05_Norwegian/Roadmap.md": _NORWEGIAN_ROADMAP,
        "G05_Norwegian/Metrics.md": _NORWEGIAN_METRICS,
        "G06_By-Bicycle.md": _BICYCLE,
        "G07_Cellar.md": _CELLAR,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format_map(placeholders), encoding="utf-8")


def _quarter(today: date, offset: int) -> str:
    first = first_day(today, offset)
    return f"Q{first.month // _MONTHS_OF_A_QUARTER + 1} {first.year}"


def first_day(today: date, offset: int) -> date:
    """Return the first day of the quarter that is `offset` quarters after that of today."""
    quarters = today.year * _QUARTERS + (today.month - 1) // _MONTHS_OF_A_QUARTER + offset
    year, quarter = divmod(quarters, _QUARTERS)
    return date(year, quarter * _MONTHS_OF_A_QUARTER + 1, 1)
