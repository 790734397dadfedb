"""The Home twin, live: what a home is made of and how it is doing.

    observer = HomeObserver(hass, feed, homes, persons, thresholds, ...)
    await observer.async_load()
    stop = observer.async_start()
    view = observer.views[home_id]

`registries` and `snapshot` read Home Assistant's registries, `scope` and `membership` make of them
a `plan` per home. `live` holds a home: `climate` its values, `devices` its devices, `household` its
people, `faults`, `stale` and `integrations` what may be wrong. `observer` feeds all homes and
publishes what changed; `view` and `document` are what others read. `memory` outlives a restart.

A view is read in the callback of a subscription and never kept beyond it. The topics of a home are
`environment/home/<quantity>`, `environment/floor/<floor>/<quantity>`, `environment/area/<area>/...`
(ask `HomeView.environment_topic`), `places`, `devices`, `offline_devices`, `low_batteries`,
`next_battery`, `occupancy`, `operational`, `actionable` and `device_status`; a person has
`current_location_id`.
"""

from .memory import async_remove_memory
from .observer import HomeObserver
from .people import location_topic
from .plan import HOME_PLACE, Place, PlaceKey
from .view import HomeView

__all__ = [
    "HOME_PLACE",
    "HomeObserver",
    "HomeView",
    "Place",
    "PlaceKey",
    "async_remove_memory",
    "location_topic",
]
