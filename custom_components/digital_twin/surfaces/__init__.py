"""The ways in and out: each parses, calls one command and serialises."""
