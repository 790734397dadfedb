"""The Person twin and what is derived of it."""
