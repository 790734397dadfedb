"""The integration in a real Home Assistant, through a real browser. Started by scripts/e2e."""
