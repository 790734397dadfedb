"""Where the goals of a household stand on a map of what depends on what.

Goals stand in columns, each to the right of everything that it depends on. The steps are those of
Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures"
(IEEE Transactions on Systems, Man, and Cybernetics 11, 1981): columns by the longest path, an order
in each column that lets few lines cross (sweeps by barycentre), and rows near those of the
neighbours. Goals that depend on each other in a circle are one group in one column.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, sqrt
from typing import Final, NamedTuple

from .references import DependencyGraph

# Sweeps over the columns, to the right and to the left in turn.
SWEEPS: Final = 8
# A line that passes through columns keeps a place free in each. Beyond so many places the longest
# lines are drawn straight: with them a map of two hundred goals would take seconds.
MOST_PLACES: Final = 600
# How far such a place, and two parts of a map, stand from their neighbours, in rows.
PLACE_HEIGHT: Final = 0.4
BETWEEN_PARTS: Final = 0.5


class Point(NamedTuple):
    """A place on the map: columns from the left and rows from the top, in units of one goal."""

    column: float
    row: float


class MapEdge(NamedTuple):
    """A line from a goal to one that depends on it, with the places that it passes.

    `in_cycle` is true where the two depend on each other, be it through others.
    """

    source: str
    target: str
    passes: tuple[Point, ...]
    in_cycle: bool


class MapGroup(NamedTuple):
    """Goals that all depend on each other, one below the other from the first place on."""

    goal_ids: tuple[str, ...]
    first: Point


@dataclass(frozen=True, slots=True)
class GoalMap:
    """The places of all goals, the lines between them, and the groups; of so many units in all."""

    places: Mapping[str, Point]
    edges: tuple[MapEdge, ...]
    groups: tuple[MapGroup, ...]
    columns: int
    rows: float


def map_goals(graph: DependencyGraph, goal_ids: Sequence[str]) -> GoalMap:
    """Place goals; the same ids in the same order give the same map.

    Parts of the map that have nothing to do with each other stand below each other, the one with
    most goals first. Goals that depend on nothing and that nothing depends on stand last, side by
    side. `goal_ids` are goals of the graph; others of it are left out.
    """
    known = set(goal_ids)
    edges = {
        key: tuple(one for one in graph.dependencies(key) if one in known and one != key)
        for key in goal_ids
    }
    parts = sorted(_connected(edges), key=lambda part: (part.is_alone, -len(part.goal_ids)))
    places: dict[str, Point] = {}
    lines: list[MapEdge] = []
    groups: list[MapGroup] = []
    alone = [part.goal_ids[0] for part in parts if part.is_alone]
    columns, top = 0, 0.0
    for part in parts[: len(parts) - len(alone)]:
        found = _Layout(graph, edges, part.goal_ids).placed(top)
        places |= found.places
        lines += found.edges
        groups += found.groups
        columns, top = max(columns, found.columns), found.rows + BETWEEN_PARTS
    rows = top - BETWEEN_PARTS if places else 0.0
    if alone:
        columns = max(columns, ceil(sqrt(len(alone))))
        for index, goal_id in enumerate(alone):
            places[goal_id] = Point(index % columns, top + index // columns)
        rows = top + ceil(len(alone) / columns)
    return GoalMap(places, tuple(lines), tuple(groups), columns, rows)


class _ConnectedGoals(NamedTuple):
    """Goals that are connected by lines, whatever their direction."""

    goal_ids: tuple[str, ...]

    @property
    def is_alone(self) -> bool:
        return len(self.goal_ids) == 1


def _connected(edges: Mapping[str, Sequence[str]]) -> Iterator[_ConnectedGoals]:
    neighbours: dict[str, list[str]] = {key: [*ends] for key, ends in edges.items()}
    for key, ends in edges.items():
        for end in ends:
            neighbours[end].append(key)
    order = {key: index for index, key in enumerate(edges)}
    seen: set[str] = set()
    for first in edges:
        if first in seen:
            continue
        found, waiting = {first}, [first]
        while waiting:
            new = [key for key in neighbours[waiting.pop()] if key not in found]
            found.update(new)
            waiting += new
        seen |= found
        yield _ConnectedGoals(tuple(sorted(found, key=order.__getitem__)))


@dataclass(slots=True, eq=False)
class _MapBlock:
    """What takes one place in a column: a goal, a group, or a place through which a line passes."""

    goal_ids: tuple[str, ...]
    column: int
    height: float
    before: list[_MapBlock] = field(default_factory=list)
    after: list[_MapBlock] = field(default_factory=list)
    index: int = 0
    centre: float = 0.0

    @property
    def top(self) -> float:
        return self.centre - self.height / 2


class _Layout:
    """The layout of one connected part."""

    def __init__(
        self, graph: DependencyGraph, edges: Mapping[str, Sequence[str]], goal_ids: Sequence[str]
    ) -> None:
        self._edges = {key: edges[key] for key in goal_ids}
        self._block_of = self._condensed(graph)
        self._passes = dict[tuple[str, str], list[_MapBlock]]()
        self._columns: list[list[_MapBlock]] = []
        self._set_columns()
        self._connect()
        self._order()
        self._set_rows()

    def placed(self, top: float) -> GoalMap:
        """Return the part, whose rows begin with `top`."""
        blocks = [block for column in self._columns for block in column]
        shift = top - min(block.top for block in blocks)
        places = {
            goal_id: Point(block.column, round(block.top + shift + index, 3))
            for block in blocks
            for index, goal_id in enumerate(block.goal_ids)
        }
        lines = tuple(
            MapEdge(
                source,
                target,
                tuple(
                    Point(place.column, round(place.centre + shift - 0.5, 3))
                    for place in self._passes.get((source, target), ())
                ),
                in_cycle=self._block_of[source] is self._block_of[target],
            )
            for target, sources in self._edges.items()
            for source in sources
        )
        groups = tuple(
            MapGroup(block.goal_ids, places[block.goal_ids[0]])
            for block in blocks
            if len(block.goal_ids) > 1
        )
        rows = max(block.top + block.height for block in blocks) + shift
        return GoalMap(places, lines, groups, len(self._columns), round(rows, 3))

    def _condensed(self, graph: DependencyGraph) -> dict[str, _MapBlock]:
        blocks: dict[str, _MapBlock] = {}
        for goal_id in self._edges:
            if goal_id in blocks:
                continue
            cycle = [key for key in self._edges if key in {*graph.cycle(goal_id)}] or [goal_id]
            block = _MapBlock(tuple(cycle), 0, len(cycle))
            blocks |= dict.fromkeys(cycle, block)
        return blocks

    def _outer(self) -> Iterator[tuple[_MapBlock, _MapBlock, str, str]]:
        """Yield the lines between blocks, each with its blocks and goals."""
        for target, sources in self._edges.items():
            for source in sources:
                begin, end = self._block_of[source], self._block_of[target]
                if begin is not end:
                    yield begin, end, source, target

    def _set_columns(self) -> None:
        """Put each block to the right of all that it depends on (the longest path to it)."""
        waits: dict[_MapBlock, int] = dict.fromkeys(self._block_of.values(), 0)
        followers: dict[_MapBlock, list[_MapBlock]] = defaultdict(list)
        for begin, end, _, _ in self._outer():
            waits[end] += 1
            followers[begin].append(end)
        ready = [block for block, count in waits.items() if not count]
        while ready:
            block = ready.pop()
            for other in followers[block]:
                other.column = max(other.column, block.column + 1)
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
        self._columns = [[] for _ in range(max(block.column for block in waits) + 1)]
        for block in waits:
            self._columns[block.column].append(block)

    def _connect(self) -> None:
        """Connect blocks of neighbouring columns, with places for lines that pass through."""
        lines = sorted(self._outer(), key=lambda line: line[1].column - line[0].column)
        left = MOST_PLACES
        for begin, end, source, target in lines:
            last = begin
            span = end.column - begin.column - 1
            if span <= left:
                left -= span
                for column in range(begin.column + 1, end.column):
                    place = _MapBlock((), column, PLACE_HEIGHT)
                    self._columns[column].append(place)
                    self._passes.setdefault((source, target), []).append(place)
                    _join(last, place)
                    last = place
            _join(last, end)

    def _order(self) -> None:
        """Order the blocks of each column by the mean of their neighbours; keep the best order."""
        for column in self._columns:
            _number(column)
        best, fewest = self._orders(), self._crossings()
        for sweep in range(SWEEPS):
            if not fewest:
                break
            columns = self._columns if sweep % 2 == 0 else self._columns[::-1]
            for column in columns:
                column.sort(key=lambda block: _mean_index(block, forward=sweep % 2 == 0))
                _number(column)
            if (crossings := self._crossings()) < fewest:
                best, fewest = self._orders(), crossings
        self._columns = best
        for column in best:
            _number(column)

    def _orders(self) -> list[list[_MapBlock]]:
        return [[*column] for column in self._columns]

    def _crossings(self) -> int:
        """Count the crossings of lines between neighbouring columns."""
        count = 0
        for column in self._columns:
            ends: list[int] = []
            for block in column:
                targets = sorted(one.index for one in block.after if one.column == block.column + 1)
                count += sum(len(ends) - bisect_right(ends, target) for target in targets)
                for target in targets:
                    insort(ends, target)
        return count

    def _set_rows(self) -> None:
        """Move each block towards its neighbours, as far as the order of its column allows."""
        for column in self._columns:
            top = 0.0
            for block in column:
                block.centre = top + block.height / 2
                top += block.height
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            for column in self._columns if forward else self._columns[::-1]:
                wanted = [_wanted_centre(block, forward=forward) for block in column]
                for block, centre in zip(column, _spread(column, wanted), strict=True):
                    block.centre = centre


def _join(begin: _MapBlock, end: _MapBlock) -> None:
    begin.after.append(end)
    end.before.append(begin)


def _number(column: Iterable[_MapBlock]) -> None:
    for index, block in enumerate(column):
        block.index = index


def _mean_index(block: _MapBlock, *, forward: bool) -> float:
    neighbours = block.before if forward else block.after
    if not neighbours:
        return block.index
    return sum(one.index for one in neighbours) / len(neighbours)


def _wanted_centre(block: _MapBlock, *, forward: bool) -> float:
    neighbours = (block.before if forward else block.after) or (block.before + block.after)
    if not neighbours:
        return block.centre
    return sum(one.centre for one in neighbours) / len(neighbours)


def _spread(column: Sequence[_MapBlock], wanted: Sequence[float]) -> list[float]:
    """Return the centres nearest to the wanted ones (least squares) at which no two overlap.

    It is a regression with increasing values (pool adjacent violators) over the wanted centres
    less the least distance of each from the first.
    """
    offsets = [0.0]
    for upper, lower in pairwise(column):
        offsets.append(offsets[-1] + (upper.height + lower.height) / 2)
    # Each pool: the sum and the number of its values.
    pools: list[tuple[float, int]] = []
    for centre, offset in zip(wanted, offsets, strict=True):
        total, count = centre - offset, 1
        while pools and pools[-1][0] * count > total * pools[-1][1]:
            above, more = pools.pop()
            total, count = total + above, count + more
        pools.append((total, count))
    means = [total / count for total, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
