"""Tests of Digital Twin."""
