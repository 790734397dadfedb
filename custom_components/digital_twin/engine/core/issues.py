"""What all repair issues have in common."""

from collections.abc import Container

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ...const import DOMAIN


@callback
def async_name_file(hass: HomeAssistant, key: str, subject: str, **placeholders: str) -> None:
    """Say that something is wrong in a file, which only a person can mend."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_{subject}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders=placeholders,
    )


@callback
def async_delete_issues(hass: HomeAssistant, *keys: str, except_for: Container[str] = ()) -> None:
    """Delete the issues with any of the translation keys, except for those with the given ids."""
    for issue in list(ir.async_get(hass).issues.values()):
        if (
            issue.domain == DOMAIN
            and issue.translation_key in keys
            and issue.issue_id not in except_for
        ):
            ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
