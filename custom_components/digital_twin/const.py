"""What every layer above the twins may need to name."""

DOMAIN = "digital_twin"


def option_path(selector: str, option: str) -> str:
    """Return the path of the text of an option of a selector in Home Assistant's translations."""
    return f"component.{DOMAIN}.selector.{selector}.options.{option}"
