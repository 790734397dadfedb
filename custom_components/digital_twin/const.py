"""What every layer above the twins may need to name."""

DOMAIN = "digital_twin"
