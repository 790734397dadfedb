"""Inputs that hypothesis makes up for the tests of the pure layer."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**400)
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
INSTANTS = st.integers(0, 4 * 10**15).map(
    lambda after: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=after)
)


def objects(*parts: str) -> st.SearchStrategy[dict[str, object]]:
    """Objects that have some of the parts, with anything in them, and now and then another."""
    return st.dictionaries(st.sampled_from(parts) | st.text(max_size=3), ANYTHING, max_size=8)
