"""Kills Home Assistant at random moments while it is written to, and looks for what it lost."""
