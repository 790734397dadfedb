"""Health metrics: units, readings, daily histories and insights."""
