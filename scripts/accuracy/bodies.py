"""How metrics of healthy adults are taken to vary.

Assumptions of the order of magnitude that studies report, fitted to nobody's data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """How a metric of healthy people varies from day to day.

    `low`, `high`: the range of the means of people. `sd`: the deviation from day to day, a share of
    the mean with `share`, of the logarithm with `log`. `memory`: the correlation of a day with the
    next one. `weekend`: what a weekend adds (a share with `share` or `log`). `season`: the
    amplitude of a year, in deviations. `missing`: the share of days without a reading.
    `restless`: the deviation within a day, `rhythm` the amplitude of day and night, and `bouts` the
    excursions of an ordinary day, as (a day's probability, hours, least, most), of what is measured
    all day. `habit`: the share of days on which it happens at all, by day of the week from Monday.
    `serving`: amounts come in multiples of it. `step`: to what readings are rounded.
    """

    low: float
    high: float
    sd: float
    share: bool = False
    log: bool = False
    memory: float = 0.2
    weekend: float = 0.0
    season: float = 0.0
    missing: float = 0.06
    restless: float = 0.0
    rhythm: float = 0.0
    bouts: tuple[tuple[float, float, float, float], ...] = ()
    habit: tuple[float, ...] = ()
    serving: float = 0.0
    step: float = 1.0
    cap: float | None = None


RUN = (0.3, 1.0, 65, 95)
MEALS = ((0.95, 1.5, 15, 45), (0.95, 1.5, 20, 60), (0.9, 2.0, 20, 55))
BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "weight": Body(
            low=52,
            high=98,
            sd=0.006,
            share=True,
            memory=0.6,
            weekend=0.003,
            season=0.6,
            missing=0.2,
            step=0.1,
        ),
        "height": Body(
            low=155,
            high=190,
            sd=0.3,
            memory=0.0,
            missing=0.97,
            step=0.1,
        ),
        "body_fat": Body(
            low=15,
            high=35,
            sd=0.6,
            memory=0.4,
            missing=0.2,
            step=0.1,
        ),
        "muscle_mass": Body(
            low=24,
            high=60,
            sd=0.008,
            share=True,
            memory=0.4,
            missing=0.2,
            step=0.1,
        ),
        "body_water": Body(
            low=48,
            high=62,
            sd=0.5,
            memory=0.4,
            missing=0.2,
            step=0.1,
        ),
        "waist_circumference": Body(
            low=68,
            high=104,
            sd=0.8,
            memory=0.4,
            missing=0.3,
            step=0.5,
        ),
        "heart_rate": Body(
            low=62,
            high=82,
            sd=2.6,
            memory=0.5,
            weekend=1.0,
            season=0.5,
            restless=7,
            rhythm=9,
            bouts=(RUN, (0.8, 1.5, 15, 35)),
        ),
        "resting_heart_rate": Body(
            low=50,
            high=80,
            sd=2.1,
            memory=0.5,
            season=0.5,
            weekend=0.4,
        ),
        "heart_rate_variability": Body(
            low=22,
            high=75,
            sd=0.19,
            log=True,
            memory=0.25,
            weekend=-0.03,
            season=0.3,
            restless=0.2,
        ),
        "systolic_blood_pressure": Body(
            low=105,
            high=135,
            sd=7.5,
            memory=0.25,
            season=0.5,
            missing=0.15,
        ),
        "diastolic_blood_pressure": Body(
            low=65,
            high=88,
            sd=5.0,
            memory=0.25,
            season=0.4,
            missing=0.15,
        ),
        "oxygen_saturation": Body(
            low=95.5,
            high=98,
            sd=0.4,
            memory=0.3,
            restless=1.1,
            rhythm=0.4,
            cap=100,
        ),
        "respiratory_rate": Body(
            low=12.5,
            high=17.5,
            sd=0.5,
            memory=0.45,
            restless=0.9,
            step=0.1,
        ),
        "body_temperature": Body(
            low=36.3,
            high=36.8,
            sd=0.1,
            memory=0.3,
            season=0.1,
            restless=0.12,
            rhythm=0.25,
            step=0.1,
        ),
        "blood_glucose": Body(
            low=92,
            high=106,
            sd=3.5,
            memory=0.3,
            weekend=1.0,
            restless=6,
            bouts=MEALS,
        ),
        "vo2_max": Body(
            low=28,
            high=52,
            sd=0.35,
            memory=0.7,
            season=0.8,
            missing=0.3,
            step=0.1,
        ),
        "steps": Body(
            low=4500,
            high=11_500,
            sd=0.36,
            log=True,
            memory=0.15,
            weekend=-0.12,
            season=0.4,
        ),
        "distance": Body(
            low=3.2,
            high=8.5,
            sd=0.38,
            log=True,
            memory=0.15,
            weekend=-0.10,
            season=0.4,
            step=0.01,
        ),
        "active_energy": Body(
            low=260,
            high=700,
            sd=0.38,
            log=True,
            memory=0.15,
            weekend=0.05,
            season=0.4,
        ),
        "exercise_time": Body(
            low=30,
            high=60,
            sd=0.45,
            log=True,
            memory=0.0,
            season=0.3,
            missing=0.03,
            habit=(0.45, 0.3, 0.5, 0.3, 0.25, 0.65, 0.5),
        ),
        "sleep_duration": Body(
            low=385,
            high=465,
            sd=52,
            memory=0.0,
            weekend=38,
            season=0.2,
        ),
        "sleep_score": Body(
            low=70,
            high=84,
            sd=7,
            memory=0.1,
            weekend=1.0,
            cap=100,
        ),
        "hydration": Body(
            low=1300,
            high=2500,
            sd=0.27,
            log=True,
            memory=0.2,
            weekend=-0.05,
            season=0.4,
            serving=250,
        ),
        "caffeine": Body(
            low=130,
            high=320,
            sd=0.40,
            log=True,
            memory=0.1,
            weekend=-0.12,
            serving=80,
        ),
        "energy_intake": Body(
            low=1700,
            high=2600,
            sd=0.23,
            log=True,
            memory=0.05,
            weekend=0.10,
        ),
        "mood": Body(
            low=6.0,
            high=7.8,
            sd=1.0,
            memory=0.3,
            weekend=0.3,
            missing=0.15,
            cap=10,
        ),
        "stress": Body(
            low=24,
            high=42,
            sd=4.0,
            memory=0.35,
            weekend=-4,
            restless=13,
            rhythm=9,
            bouts=((0.7, 2.0, 15, 35), (0.3, 1.0, 30, 50)),
            cap=100,
        ),
    }
)
