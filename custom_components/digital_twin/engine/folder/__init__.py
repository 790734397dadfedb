"""Keeps goals in sync with a folder of markdown files.

`files` and `reading` read the folder, `recognition` tells goals from other notes, `goals` parses a
goal from its files (`goal_files`, `front_matter`, `markdown`, `checklists`, `tables`, `dates`),
`file_document` converts it to the
document of a record, and stores the documents of the last sync. `reconcile` and `merge` compare
them with the record; `apply` changes the records. `checklists` also writes a checkbox into its
file. `folder` runs all.
"""

from .files import FolderFault
from .folder import (
    CONF_GOALS_FOLDER,
    CONF_WRITE_BACK,
    FolderPreview,
    GoalsFolder,
    SyncReport,
    async_forget_goals_folder,
    async_preview_folder,
)

__all__ = [
    "CONF_GOALS_FOLDER",
    "CONF_WRITE_BACK",
    "FolderFault",
    "FolderPreview",
    "GoalsFolder",
    "SyncReport",
    "async_forget_goals_folder",
    "async_preview_folder",
]
