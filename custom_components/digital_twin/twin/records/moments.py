"""Points in time at which something was measured."""

from datetime import UTC, datetime, timedelta, tzinfo

from ..errors import TwinError, refuse
from .fields import Context
from .limits import limited
from .parsers import INSTANT, as_text, instant

# Tolerated clock skew of phones and scales.
TOLERANCE = timedelta(minutes=5)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@limited(INSTANT)
def moment(value: object, context: Context, zone: tzinfo | None = None) -> datetime:
    """Parse a point in time (ISO 8601 or a datetime) into UTC.

    One without an offset is local time in `zone`, and refused (`invalid_time`) without a zone.
    """
    return instant(value if zone is None else _located(value, zone), context)


@limited(INSTANT)
def past_moment(value: object, context: Context, zone: tzinfo | None = None) -> datetime:
    """Parse the time of a measurement: from 1900 until now, or `future_time`.

    Five minutes ahead are tolerated.
    """
    parsed = moment(value, context, zone)
    if context.stored:
        return parsed
    latest = context.now + TOLERANCE
    if parsed > latest:
        raise refuse("future_time", "", value=value)
    if parsed < EARLIEST:
        raise refuse("out_of_range", "", value=value, minimum=EARLIEST, maximum=latest)
    return parsed


def _located(value: object, zone: tzinfo) -> object:
    try:
        parsed = value if isinstance(value, datetime) else datetime.fromisoformat(as_text(value))
    except ValueError, TwinError:
        return value
    return parsed.replace(tzinfo=zone) if parsed.tzinfo is None else parsed
