"""How often judgements are right, measured on simulated series."""
