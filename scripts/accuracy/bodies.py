"""How metrics of healthy adults vary, from published statistics."""

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
    source: str
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
            source="Orsama et al. 2014: weekly rhythm of 0.35 %; Helander et al. 2014",
        ),
        "height": Body(
            low=155,
            high=190,
            sd=0.3,
            memory=0.0,
            missing=0.97,
            step=0.1,
            source="measured a few times a year",
        ),
        "body_fat": Body(
            low=15,
            high=35,
            sd=0.6,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source="bioimpedance from day to day: Dehghan and Merchant 2008",
        ),
        "muscle_mass": Body(
            low=24,
            high=60,
            sd=0.008,
            share=True,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source="bioimpedance from day to day: Dehghan and Merchant 2008",
        ),
        "body_water": Body(
            low=48,
            high=62,
            sd=0.5,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source="bioimpedance from day to day: Dehghan and Merchant 2008",
        ),
        "waist_circumference": Body(
            low=68,
            high=104,
            sd=0.8,
            memory=0.4,
            missing=0.3,
            step=0.5,
            source="technical error of measurement: Verweij et al. 2013",
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
            source="Quer et al. 2020; Natarajan et al. 2020: day and night, and exercise",
        ),
        "resting_heart_rate": Body(
            low=50,
            high=80,
            sd=2.1,
            memory=0.5,
            season=0.5,
            weekend=0.4,
            source="Quer et al. 2020, 92,457 adults: 3 bpm between weeks, 2 bpm by season",
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
            source="Plews et al. 2012; Natarajan et al. 2020: RMSSD, log-normal",
        ),
        "systolic_blood_pressure": Body(
            low=105,
            high=135,
            sd=7.5,
            memory=0.25,
            season=0.5,
            missing=0.15,
            source="Stergiou et al. 2010: home measurements; Lewington et al. 2012: season",
        ),
        "diastolic_blood_pressure": Body(
            low=65,
            high=88,
            sd=5.0,
            memory=0.25,
            season=0.4,
            missing=0.15,
            source="Stergiou et al. 2010: home measurements",
        ),
        "oxygen_saturation": Body(
            low=95.5,
            high=98,
            sd=0.4,
            memory=0.3,
            restless=1.1,
            rhythm=0.4,
            cap=100,
            source="Pho et al. 2023; wrist sensors: Windisch et al. 2023",
        ),
        "respiratory_rate": Body(
            low=12.5,
            high=17.5,
            sd=0.5,
            memory=0.45,
            restless=0.9,
            step=0.1,
            source="Natarajan et al. 2021, nights of 10,000 people",
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
            source="Mackowiak et al. 1992; Obermeyer et al. 2017",
        ),
        "blood_glucose": Body(
            low=92,
            high=106,
            sd=3.5,
            memory=0.3,
            weekend=1.0,
            restless=6,
            bouts=MEALS,
            source="Shah et al. 2019: CGM of 153 healthy people, CV 17 %",
        ),
        "vo2_max": Body(
            low=28,
            high=52,
            sd=0.35,
            memory=0.7,
            season=0.8,
            missing=0.3,
            step=0.1,
            source="Molina-Garcia et al. 2022: estimates of wearables",
        ),
        "steps": Body(
            low=4500,
            high=11_500,
            sd=0.36,
            log=True,
            memory=0.15,
            weekend=-0.12,
            season=0.4,
            source="Bassett et al. 2010; Sisson et al. 2012: log-normal, CV 40 %",
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
            source="as steps",
        ),
        "active_energy": Body(
            low=260,
            high=700,
            sd=0.38,
            log=True,
            memory=0.15,
            weekend=0.05,
            season=0.4,
            source="Westerterp 2013: activity thermogenesis from day to day",
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
            source="Hunter et al. 2021: bouts by day of the week",
        ),
        "sleep_duration": Body(
            low=385,
            high=465,
            sd=52,
            memory=0.0,
            weekend=38,
            season=0.2,
            source="Roenneberg et al. 2012; Bei et al. 2016: 60 min from night to night",
        ),
        "sleep_score": Body(
            low=70,
            high=84,
            sd=7,
            memory=0.1,
            weekend=1.0,
            cap=100,
            source="scores of watches: standard deviation of 6 to 8 points",
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
            source="Ferreira-Pego et al. 2015: fluid intake of 13 countries",
        ),
        "caffeine": Body(
            low=130,
            high=320,
            sd=0.40,
            log=True,
            memory=0.1,
            weekend=-0.12,
            serving=80,
            source="Mitchell et al. 2014: servings a day of 37,602 consumers",
        ),
        "energy_intake": Body(
            low=1700,
            high=2600,
            sd=0.23,
            log=True,
            memory=0.05,
            weekend=0.10,
            source="Bingham 1987; Haines et al. 2003: CV 23 %, weekends more",
        ),
        "mood": Body(
            low=6.0,
            high=7.8,
            sd=1.0,
            memory=0.3,
            weekend=0.3,
            missing=0.15,
            cap=10,
            source="Helliwell and Wang 2014: weekends; diaries",
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
            source="scores of watches from variability",
        ),
    }
)
