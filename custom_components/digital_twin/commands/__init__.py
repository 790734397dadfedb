"""Commands: find the twin, check the permission, call the engine once."""
