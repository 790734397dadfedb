"""Health metrics: units, readings, daily histories and what follows from them."""
