"""Checkers of layers, names, habits and texts."""
