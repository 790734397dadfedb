"""Fills the twins of the demo home, through the forms and actions that everybody has."""

from .client import Client


async def fill(client: Client) -> None:
    """Add the integration."""
    await client.states()
