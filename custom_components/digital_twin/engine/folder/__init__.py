"""The goals folder: reading, reconciling and ticking the goals that people write in markdown."""

from .folder import (
    CONF_GOALS_FOLDER,
    CONF_WRITE_BACK,
    GoalsFolder,
    async_check_folder,
    async_forget_goals_folder,
)
from .report import FolderFault, SyncReport

__all__ = [
    "CONF_GOALS_FOLDER",
    "CONF_WRITE_BACK",
    "FolderFault",
    "GoalsFolder",
    "SyncReport",
    "async_check_folder",
    "async_forget_goals_folder",
]
