"""What a digital twin means: records, rules and arithmetic, with the standard library only.

Nothing here knows Home Assistant and nothing reads a clock: the time is an argument.
"""
