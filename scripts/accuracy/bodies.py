"""How metrics of healthy adults vary, from published statistics where there are any.

The series are simulated: nobody's data. `Body.source` says which number of a row comes from where;
a row without one is assumed. In all rows the memory from day to day, the missing days and, unless
the source says so, the range of the means and the season are assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ASSUMED = "assumed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """How a metric of healthy people varies from day to day.

    `low`, `high`: the range of the means of people. `sd`: the deviation from day to day of a median
    person, a share of the mean with `share`, of the logarithm with `log`. `differs`: the deviation
    of the logarithm of `sd` between people. `memory`: the correlation of a day with the next one.
    `weekend`: what a weekend adds (a share with `share` or `log`). `season`: the amplitude of a
    year, in deviations. `missing`: the share of days without a reading. `restless`: the deviation
    within a day, `rhythm` the amplitude of day and night, and `bouts` the excursions of an ordinary
    day, as (a day's probability, hours, least, most), of what is measured all day. `habit`: the
    share of days on which it happens at all, by day of the week from Monday. `outing`: what a third
    of the people add (logarithm) on a day of the week of their own. `serving`: amounts come in
    multiples of it. `step`: to what readings are rounded. `source`: of which numbers.
    """

    low: float
    high: float
    sd: float
    # Of the deviations of home blood pressure (Kato 2010): 8.6 +- 3.1.
    differs: float = 0.35
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
    outing: float = 0.0
    serving: float = 0.0
    step: float = 1.0
    cap: float | None = None
    source: str = ASSUMED


RUN = (0.3, 1.0, 65, 95)
MEALS = ((0.95, 1.5, 15, 50), (0.95, 1.5, 20, 60), (0.9, 2.0, 20, 55))
_RELIABILITY = (
    "Within- and between-day reliability of laboratory-based body composition assessment methods,"
    " Br J Nutr"
)
_ACTIVITY = (
    "Jaeschke et al., BMC Public Health 2018: 55 to 66 % of the variance is within persons, which"
    " gives this deviation for these means (68 % with the outings of some people, assumed)"
)
BODIES: Mapping[str, Body] = MappingProxyType(
    {
        "weight": Body(
            low=52,
            high=98,
            sd=0.006,
            share=True,
            memory=0.6,
            weekend=0.0035,
            season=0.6,
            missing=0.2,
            step=0.1,
            source="weekend: Turicchi et al., PLoS ONE 2020 (0.35 % within a week, up at weekends;"
            " so Orsama et al., Obes Facts 2014); deviation: assumed",
        ),
        "height": Body(
            low=155,
            high=190,
            sd=0.25,
            memory=0.0,
            missing=0.97,
            step=0.1,
            source="Measurement of height: practical considerations for the study of osteoporosis,"
            " Osteoporos Int 1994: 0.9 to 1.7 mm of measuring, above 6 mm in the course of a day",
        ),
        "body_fat": Body(
            low=15,
            high=35,
            sd=0.8,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source=f"{_RELIABILITY}: 0.37 to 1.24 % from day to day",
        ),
        "muscle_mass": Body(
            low=24,
            high=60,
            sd=0.013,
            share=True,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source=f"{_RELIABILITY}: 0.26 to 0.90 kg of fat-free mass from day to day",
        ),
        "body_water": Body(
            low=48,
            high=62,
            sd=0.6,
            memory=0.4,
            missing=0.2,
            step=0.1,
            source=f"{_RELIABILITY}: from the deviation of fat-free mass, 73 % of which is water",
        ),
        "waist_circumference": Body(
            low=68,
            high=104,
            sd=0.8,
            memory=0.4,
            missing=0.3,
            step=0.5,
            source="Verweij et al., Public Health Nutr 2012: errors of measurement from 0.7 cm;"
            " Barrios et al., BMC Med Res Methodol 2016: repeated at once 0.08 to 0.76 cm",
        ),
        "heart_rate": Body(
            low=62,
            high=82,
            sd=2.0,
            memory=0.5,
            weekend=1.0,
            season=0.5,
            restless=7,
            rhythm=9,
            bouts=(RUN, (0.8, 1.5, 15, 35)),
            source="deviation: as of the resting heart rate; course of the day: assumed",
        ),
        "resting_heart_rate": Body(
            low=50,
            high=80,
            sd=1.7,
            memory=0.5,
            season=0.5,
            weekend=0.4,
            source="Quer et al., PLoS ONE 2020: mean 65, highest in January; a fifth of people has"
            " a week that spans 10 or more, about as here; weekend: assumed",
        ),
        "heart_rate_variability": Body(
            low=22,
            high=75,
            sd=0.16,
            log=True,
            memory=0.25,
            weekend=-0.03,
            season=0.3,
            restless=0.2,
            source="Altini and Plews, Sensors 2021: a change of 4.6 % is an effect of d = 0.36, so"
            " about 13 %; more is assumed of watches",
        ),
        "systolic_blood_pressure": Body(
            low=105,
            high=135,
            sd=8.1,
            memory=0.25,
            season=0.5,
            missing=0.15,
            source="Kato et al., Am J Hypertens 2010: 8.6 ± 3.1 mmHg in mornings at home",
        ),
        "diastolic_blood_pressure": Body(
            low=65,
            high=88,
            sd=5.5,
            memory=0.25,
            season=0.4,
            missing=0.15,
            source="Kato et al., Am J Hypertens 2010: 5.8 ± 2.0 mmHg in mornings at home",
        ),
        "oxygen_saturation": Body(
            low=95,
            high=98,
            sd=0.4,
            memory=0.3,
            restless=1.4,
            rhythm=0.4,
            cap=100,
            source="Gries and Brooks, Chest 1996: medians of nights 96.5 ± 1.5 %, a tenth of a"
            " night below 94.7 %; from day to day: assumed",
        ),
        "respiratory_rate": Body(
            low=12.5,
            high=18.5,
            sd=0.046,
            differs=0.42,
            share=True,
            memory=0.45,
            restless=0.9,
            step=0.1,
            source="Natarajan et al., npj Digit Med 2021: 11.8 to 19.2 a minute; 2.3 to 9.2 % from"
            " night to night in nine of ten people",
        ),
        "body_temperature": Body(
            low=36.25,
            high=36.9,
            sd=0.1,
            memory=0.3,
            season=1.4,
            restless=0.12,
            rhythm=0.25,
            step=0.1,
            source="means: Ley et al., JAMA Intern Med 2023; day and night: Mackowiak et al., JAMA"
            " 1992 (0.5 °C); year: The daily, weekly, and seasonal cycles of body temperature,"
            " Chronobiol Int 2019 (0.2 °C); from day to day: assumed",
        ),
        "blood_glucose": Body(
            low=84,
            high=96,
            sd=3.5,
            memory=0.3,
            weekend=1.0,
            restless=7,
            bouts=MEALS,
            source="Shah et al., J Clin Endocrinol Metab 2019: mean 98 to 99, all readings of a"
            " person vary by 17 ± 3 %, as here; from day to day: assumed",
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
            sd=0.35,
            log=True,
            memory=0.15,
            weekend=-0.12,
            season=0.4,
            outing=0.8,
            source=f"{_ACTIVITY}; weekend: less, Tudor-Locke et al., Med Sci Sports Exerc 2004",
        ),
        "distance": Body(
            low=3.2,
            high=8.5,
            sd=0.36,
            log=True,
            memory=0.15,
            weekend=-0.10,
            season=0.4,
            outing=0.8,
            step=0.01,
            source=f"{_ACTIVITY}; weekend: as of steps",
        ),
        "active_energy": Body(
            low=260,
            high=700,
            sd=0.36,
            log=True,
            memory=0.15,
            weekend=0.05,
            season=0.4,
            outing=0.8,
            source=f"{_ACTIVITY}; weekend: assumed",
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
            sd=66,
            memory=0.0,
            weekend=28,
            season=0.2,
            source="Knutson et al., Sleep 2007: 1.26 h from night to night; weekend and winter:"
            " Scott et al., Sleep 2025 (20 to 35 min, 15 to 20 min)",
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
            serving=80,
            source="weekend: none, Temporal patterns of caffeine intake in the United States, Food"
            " Chem Toxicol 2018; deviation: assumed",
        ),
        "energy_intake": Body(
            low=1700,
            high=2600,
            sd=0.23,
            log=True,
            memory=0.05,
            weekend=0.10,
            source="Black, Int J Obes 2000: 23 % from day to day; weekend: assumed",
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
