"""Observes the health of people.

`linked` records the values of linked entities as readings (`sources` parses them, `suggestions`
finds entities to link). `events` publishes events and the changes by time alone. `statistics`
writes the long-term statistics. `file_import` imports readings from files.
"""
