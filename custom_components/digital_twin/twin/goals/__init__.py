"""The Goal twin: key results, plan, progress, pace, forecast, dependencies."""
