"""Asks a real Home Assistant questions as an MCP client does."""
