"""The goals folder: reading, reconciling and ticking the goals that people write in markdown."""

from .faults import VaultFault
from .report import SyncReport
from .vault import (
    CONF_GOALS_FOLDER,
    CONF_WRITE_BACK,
    Vault,
    async_check_folder,
    async_forget_vault,
)

__all__ = [
    "CONF_GOALS_FOLDER",
    "CONF_WRITE_BACK",
    "SyncReport",
    "Vault",
    "VaultFault",
    "async_check_folder",
    "async_forget_vault",
]
