"""Rules between twins of different kinds."""
