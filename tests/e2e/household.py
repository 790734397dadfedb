"""A home and Anna, whose entities have English names, whatever other tests have left."""

from scripts.demo.client import Client

STATUS = "sensor.lipowa_7_operational_status"


async def begin_in_english(client: Client) -> str:
    """Set the integration up anew unless its entities have English names; return Anna's id."""
    entries = await client.command("config_entries/get", domain="digital_twin")
    if STATUS not in await client.states():
        for entry in entries:
            await client.rest("DELETE", f"config/config_entries/entry/{entry['entry_id']}")
        entries = []
    if not entries:
        await client.configure("digital_twin", {"name": "Lipowa 7", "residents": ["person.anna"]})
    people = await client.command("digital_twin/list", kind="person")
    for person in people:
        if person["name"] == "Anna":
            anna: str = person["person_id"]
            if not person["person_entity"]:
                link = {"person_entity": "person.anna"}
                await client.rest("PATCH", f"digital_twin/persons/{anna}", link)
            return anna
    created = {"name": "Anna", "person_entity": "person.anna"}
    return str((await client.rest("POST", "digital_twin/persons", created))["person_id"])
