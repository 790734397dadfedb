"""The table of permissions in the documentation, each cell a test."""
