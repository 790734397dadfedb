"""What this integration costs, beside what Home Assistant has for the same purpose."""
