"""Live homes: their parts, environment, devices, occupancy and status.

    observer = HomeObserver(hass, feed, homes, persons, thresholds, ...)
    await observer.async_load()
    stop = observer.async_start()
    view = observer.views[home_id]

`registries` reads Home Assistant's registries, and `membership` selects from them a `plan` for each
home. `live` is one home: `climate` its values (`quantities` reads sensors), `devices` its devices,
`occupancy` its residents and presence sensors, `faults` the facts of its status. `observer` updates
all homes and publishes changes and events; other packages read `view`. `memory` is kept over a
restart. `engine/issues.py` creates repair issues.

Read a view in the callback of a subscription, and do not keep it. The topics of a home are
`environment/home/<quantity>`, `environment/floor/<floor>/<quantity>`, `environment/area/<area>/...`
(see `HomeView.environment_topic`), `places`, `devices`, `offline_devices`, `low_batteries`,
`next_battery`, `occupancy`, `operational`, `actionable` and `device_status`; a person has
`current_location_id`.
"""

from .events import ANNOUNCED, HomeEvent, OccupancyChange, OpenedCause, OperationalChange
from .memory import async_remove_memory
from .observer import HomeObserver
from .occupancy import location_topic
from .plan import HOME_PLACE, PlaceKey, PlacePlan
from .view import HomeView

__all__ = [
    "ANNOUNCED",
    "HOME_PLACE",
    "HomeEvent",
    "HomeObserver",
    "HomeView",
    "OccupancyChange",
    "OpenedCause",
    "OperationalChange",
    "PlaceKey",
    "PlacePlan",
    "async_remove_memory",
    "location_topic",
]
