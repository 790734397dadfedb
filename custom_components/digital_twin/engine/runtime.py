"""Everything that runs for the config entry."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .handles import Handles
from .home import HomeObserver
from .publisher import Publisher
from .registry import TwinRegistry
from .standings import Standings
from .vault import Vault

type DigitalTwinConfigEntry = ConfigEntry[Runtime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """The parts of a loaded entry; surfaces read and change twins through them."""

    publisher: Publisher
    registry: TwinRegistry
    observer: HomeObserver
    handles: Handles
    standings: Standings
    vault: Vault
