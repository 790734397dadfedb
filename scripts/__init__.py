"""Everything that is started by hand: set-up, tests, checks, the demo home."""
