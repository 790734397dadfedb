"""What is known about the health of people, live.

`ledger` keeps readings on behalf of the registry: `recording` puts them into the daily histories of
`history_store`, by the days of the time zones that `zones` has ready. `view` tells what is known,
to be read in the callback of a subscription and never kept beyond it. `sources` reads linked
entities, `linked` follows them, `suggestions` finds some that fit. `day_clock` tells when a day or
a value is over, `exporter` what of it goes into the `statistics`. `file_import` takes over files,
and `names` tells what metrics are called.
"""
