"""The Person twin and its health."""
