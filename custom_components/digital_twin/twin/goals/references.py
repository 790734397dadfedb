"""References between twins, values that are unique among them, and the graph of goals.

The graph of the dependencies between goals may have cycles.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import Fault, fault
from ..home.home import Home
from ..metrics.person import Person
from .goal import Goal


@dataclass(frozen=True, kw_only=True, slots=True)
class Twins:
    """All twins by kind and id."""

    persons: Mapping[str, Person]
    homes: Mapping[str, Home]
    goals: Mapping[str, Goal]


class Reference(NamedTuple):
    """A field of one twin that refers to another."""

    kind: str
    twin_id: str
    field: str


type Twin = Person | Home | Goal

# Fields whose values are unique among the twins of a kind.
UNIQUE_FIELDS = ("contact_email", "person_entity", "goal_code")


def twin_faults(twins: Twins, twin: Twin) -> Iterable[Fault]:
    """Find broken references of a twin, and values that another twin already has."""
    if isinstance(twin, Person):
        return _person_faults(twins, twin)
    if isinstance(twin, Goal):
        return _goal_faults(twins, twin)
    return _missing("residents", twin.residents, twins.persons)


def _person_faults(twins: Twins, person: Person) -> Iterable[Fault]:
    others = [other for key, other in twins.persons.items() if key != person.person_id]
    if (email := person.contact_email) and any(
        other.contact_email and other.contact_email.casefold() == email.casefold()
        for other in others
    ):
        yield fault("duplicate", "contact_email", value=email).without_value()
    if (entity := person.person_entity) and any(other.person_entity == entity for other in others):
        yield fault("duplicate", "person_entity", value=entity)
    if person.current_location_id:
        yield from _missing("current_location_id", (person.current_location_id,), twins.homes)


def _goal_faults(twins: Twins, goal: Goal) -> Iterable[Fault]:
    code = goal.goal_code.casefold()
    if any(
        other.goal_code.casefold() == code
        for key, other in twins.goals.items()
        if key != goal.goal_id
    ):
        yield fault("duplicate", "goal_code", value=goal.goal_code)
    if goal.owner_person_id:
        yield from _missing("owner_person_id", (goal.owner_person_id,), twins.persons)
    others = tuple(key for key in goal.dependencies if key != goal.goal_id)
    yield from _missing("dependencies", others, twins.goals)


def _missing(field: str, named: Iterable[str], known: Mapping[str, object]) -> Iterable[Fault]:
    return (fault("not_found", field, value=key) for key in named if key not in known)


def references_to(twins: Twins, twin_id: str) -> list[Reference]:
    """List the fields of other twins that name the given one."""
    return [
        *(
            Reference("home", home.home_id, "residents")
            for home in twins.homes.values()
            if twin_id in home.residents
        ),
        *(
            Reference("person", person.person_id, "current_location_id")
            for person in twins.persons.values()
            if person.current_location_id == twin_id
        ),
        *(
            Reference("goal", goal.goal_id, "owner_person_id")
            for goal in twins.goals.values()
            if goal.owner_person_id == twin_id
        ),
        *(
            Reference("goal", goal.goal_id, "dependencies")
            for goal in twins.goals.values()
            if twin_id in goal.dependencies
        ),
    ]


def unlinked(twin: Twin, field: str, twin_id: str) -> object:
    """Return the value of a reference field once it no longer names the given twin."""
    value = getattr(twin, field)
    if isinstance(value, tuple):
        return tuple(key for key in value if key != twin_id)
    return None if value == twin_id else value


def relinked(twin: Twin, field: str, twin_id: str) -> object:
    """Return the value of a reference field once it names the given twin again.

    A single reference that names another twin by now keeps it.
    """
    value = getattr(twin, field)
    if isinstance(value, tuple):
        return value if twin_id in value else (*value, twin_id)
    return twin_id if value is None else value


class DependencyGraph:
    """The dependencies between the goals of a household.

    Made once from `{id: ids it depends on}` in linear time. Ids that are not goals (a dependency
    whose goal was deleted by force) are left out. Every answer has the same order for the same
    goals, whatever order they came in: that of the ids, and that of the person for the
    dependencies of one goal. `groups` are the goals that all depend on each other (most are alone),
    each after those that it depends on; `cycles` those of several, or of one that names itself.
    """

    def __init__(self, dependencies: Mapping[str, Iterable[str]]) -> None:
        self._dependencies = {
            goal_id: tuple(
                dict.fromkeys(key for key in dependencies[goal_id] if key in dependencies)
            )
            for goal_id in sorted(dependencies)
        }
        dependents: dict[str, list[str]] = {goal_id: [] for goal_id in self._dependencies}
        for goal_id, wanted in self._dependencies.items():
            for key in wanted:
                dependents[key].append(goal_id)
        self._dependents = {key: tuple(ids) for key, ids in dependents.items()}
        self.groups = tuple(components(self._dependencies))
        self._place_of = {key: at for at, group in enumerate(self.groups) for key in group}
        self.cycles = tuple(
            sorted(
                group
                for group in self.groups
                if len(group) > 1 or group[0] in self._dependencies[group[0]]
            )
        )
        self._cycle_of = {key: cycle for cycle in self.cycles for key in cycle}

    def dependencies(self, goal_id: str) -> tuple[str, ...]:
        """Return the goals that a goal depends on, in the person's order."""
        return self._dependencies.get(goal_id, ())

    def dependents(self, goal_id: str) -> tuple[str, ...]:
        """Return the goals that depend on a goal directly."""
        return self._dependents.get(goal_id, ())

    def place(self, goal_id: str) -> int:
        """Return the place of a goal's group among `groups`; the goal must be of the graph."""
        return self._place_of[goal_id]

    def all_dependents(self, goal_ids: Iterable[str]) -> set[str]:
        """Return the given goals and all that depend on them, directly or not."""
        found, waiting = set[str](), [*goal_ids]
        while waiting:
            if (key := waiting.pop()) not in found:
                found.add(key)
                waiting += self.dependents(key)
        return found

    def cycle(self, goal_id: str) -> tuple[str, ...]:
        """Return the goals that all depend on each other through this one; () if it has none."""
        return self._cycle_of.get(goal_id, ())

    def blockers(self, goal_id: str, completed: Collection[str] = ()) -> tuple[str, ...]:
        """Return the goals that must be completed first.

        Goals within one cycle would wait for each other for ever, so they do not block each other.
        """
        cycle = self._cycle_of.get(goal_id)
        return tuple(
            key
            for key in self.dependencies(goal_id)
            if key not in completed and (cycle is None or self._cycle_of.get(key) is not cycle)
        )


def components(edges: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Find the strongly connected components, each sorted, dependencies before dependents.

    Tarjan's algorithm with a stack of its own, so that a chain of ten thousand goals does not
    meet Python's limit of recursion. Every target of an edge must be a key.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        while work:
            node, targets = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                path.append(node)
                on_path.add(node)
            for target in targets:
                if target not in index:
                    work.append((target, iter(edges[target])))
                    break
                if target in on_path:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    yield tuple(sorted(_unwound(path, on_path, node)))


def _unwound(path: list[str], on_path: set[str], last: str) -> Iterator[str]:
    while True:
        node = path.pop()
        on_path.discard(node)
        yield node
        if node == last:
            return
