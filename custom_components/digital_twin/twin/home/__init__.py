"""The Home twin: its record, and the rules for its environment, devices, occupancy and status."""
