"""The days of a person, by time zone and first hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LAST_HOUR = 23
ONE_DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class PersonDay:
    """The days of a person in the time zone `zone`, beginning at the hour `starts_at`.

    The hour (0 to 23) is local wall time. The date of a day is that of its beginning: with a day
    that begins at 04:00, 02:00 belongs to the date before. Sleep is measured at its end, so it
    belongs to the day of waking.
    """

    zone: tzinfo
    starts_at: int = 0

    def day_of(self, moment: datetime) -> date:
        """Return the day to which an aware moment belongs."""
        local = moment.astimezone(self.zone)
        return local.date() - ONE_DAY if local.hour < self.starts_at else local.date()

    def start_of(self, day: date) -> datetime:
        """Return the moment (UTC) at which a day begins.

        If DST skips the hour, the day begins at the change; if it repeats it, at the first
        occurrence.
        """
        wall = datetime.combine(day, time(self.starts_at), self.zone)
        # A skipped wall time is read with the offset before the change (PEP 495), which makes it
        # a later one.
        start = wall.astimezone(UTC)
        skipped = start.astimezone(self.zone).replace(tzinfo=None) - wall.replace(tzinfo=None)
        return self._change_between(start - skipped, start) if skipped else start

    def end_of(self, day: date) -> datetime:
        """Return the moment (UTC) at which the next day begins."""
        return self.start_of(day + ONE_DAY)

    def middle_of(self, day: date) -> datetime:
        """Return the full hour (UTC) in the middle of a day.

        In every time zone but those more than eleven hours away it has the same date.
        """
        middle = self.start_of(day) + timedelta(hours=12)
        return middle.replace(minute=0, second=0, microsecond=0)

    def _change_between(self, before: datetime, after: datetime) -> datetime:
        """Return the time (UTC) of the change of the offset between two times."""
        new = after.astimezone(self.zone).utcoffset()
        while after - before > SECOND:
            middle = before + (after - before) / 2
            if middle.astimezone(self.zone).utcoffset() == new:
                after = middle
            else:
                before = middle
        # Clocks change with a full second, and there is one between the two.
        return after.replace(microsecond=0)
