"""Tests of the homes, live."""
