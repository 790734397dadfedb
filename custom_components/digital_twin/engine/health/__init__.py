"""Observes the health of people.

`linked` records the values of linked entities as readings (`sources` parses them, `suggestions`
finds entities to link, `issues` reports missing ones). `day_clock` publishes what changes with
time. `exporter` decides what `statistics` writes into the long-term statistics. `file_import`
imports readings from files. `view` is what surfaces read.
"""
