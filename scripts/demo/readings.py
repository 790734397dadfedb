"""Weeks of readings of the people in the demo home."""

from datetime import UTC, datetime, timedelta
import math

from .client import Client

DAYS = 35
# How much higher than usual a pulse of somebody who is falling ill may be, in beats per minute.
_RISE = 14

type Readings = dict[str, float | dict[str, float | str]]


async def fill_readings(client: Client, anna: str, jan: str) -> None:
    """Give Anna and Jan their readings, as an automation would have done day by day.

    Args:
        client: An administrator.
        anna: The id of the device of Anna's twin.
        jan: The same of Jan's.
    """
    now = datetime.now(UTC)
    for days_ago in range(DAYS, -1, -1):
        measured_at = now - timedelta(days=days_ago, minutes=10)
        for person, metrics in ((anna, _anna(days_ago)), (jan, _jan(days_ago))):
            await client.action(
                "digital_twin.update_health_metrics",
                person=person,
                metrics=metrics,
                measured_at=measured_at.isoformat(),
                source="Demo home",
            )


def _anna(days_ago: int) -> Readings:
    """Yield improving values: a trend with weekly variation."""
    past = DAYS - days_ago
    wave = math.sin(past * 2 * math.pi / 7)
    readings: Readings = {
        "weight": round(64.8 - 0.04 * past + 0.3 * wave, 1),
        "resting_heart_rate": round(66 - 0.13 * past + wave),
        "heart_rate_variability": round(48 + 0.2 * past - 3 * wave),
        "sleep_duration": {"value": round(7.2 + 0.5 * wave, 2), "unit": "h"},
        "sleep_score": round(78 + 0.1 * past + 5 * wave),
        "systolic_blood_pressure": round(121 + 2 * wave),
        "diastolic_blood_pressure": round(78 + wave),
    }
    if past == 0:
        readings["height"] = {"value": 170, "unit": "cm"}
    if days_ago:
        # Those of today come from her watch.
        readings["steps"] = round(8200 + 40 * past + 1500 * wave)
    return readings


def _jan(days_ago: int) -> Readings:
    """Yield constant values and an unusual pulse today."""
    wave = math.sin(days_ago * 2 * math.pi / 7)
    return {
        "weight": round(83.2 + 0.4 * wave, 1),
        "resting_heart_rate": round(71 + 2 * wave) + (0 if days_ago else _RISE),
        "sleep_score": round(74 + 6 * wave),
    }
