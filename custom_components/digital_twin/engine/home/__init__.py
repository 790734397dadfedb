"""Live homes: their parts, environment, devices, occupancy and status.

    observer = HomeObserver(hass, feed, homes, persons, thresholds, ...)
    await observer.async_load()
    stop = observer.async_start()
    view = observer.views[home_id]

`registries` reads Home Assistant's registries, and `membership` selects from them a `plan` for each
home. `live` holds one home: `climate` its values (`quantities`, `energy`), `devices` its devices,
`occupancy` its residents and presence sensors (`locations`), `faults` what may be wrong. `observer`
feeds all homes and publishes changes and events; `view` is what other packages read. `memory`
outlives a restart. `issues` shows repair issues.

A view is read in the callback of a subscription and never kept. The topics of a home are
`environment/home/<quantity>`, `environment/floor/<floor>/<quantity>`, `environment/area/<area>/...`
(see `HomeView.environment_topic`), `places`, `devices`, `offline_devices`, `low_batteries`,
`next_battery`, `occupancy`, `operational`, `actionable` and `device_status`; a person has
`current_location_id`.
"""

from .live import HomeEvent, OccupancyChange, OperationalChange
from .memory import async_remove_memory
from .observer import HomeObserver
from .occupancy import location_topic
from .plan import HOME_PLACE, PlaceKey, PlacePlan
from .view import HomeView

__all__ = [
    "HOME_PLACE",
    "HomeEvent",
    "HomeObserver",
    "HomeView",
    "OccupancyChange",
    "OperationalChange",
    "PlaceKey",
    "PlacePlan",
    "async_remove_memory",
    "location_topic",
]
