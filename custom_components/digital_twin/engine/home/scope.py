"""Whether something lies in the scope of a home."""

from collections.abc import Mapping

from homeassistant.helpers import area_registry as ar

from ...twin.home.home import Scope
from .snapshot import DeviceItem, Item


class ScopeRule:
    """The scope of one home, ready to be asked for thousands of entities."""

    def __init__(
        self,
        scope: Scope,
        areas: Mapping[str, ar.AreaEntry],
        devices: Mapping[str, DeviceItem],
    ) -> None:
        """Resolve floors and labels into areas, which is what entities have."""
        self.whole = not (scope.floors or scope.areas or scope.labels)
        self.outdoor = frozenset(scope.outdoor_areas)
        self._labels = frozenset(scope.labels)
        self._excluded_labels = frozenset(scope.excluded_labels)
        self._excluded_entities = frozenset(scope.excluded_entities)
        self._excluded_devices = frozenset(
            device.device_id
            for device in devices.values()
            if device.device_id in scope.excluded_devices
            or device.parent_id in scope.excluded_devices
        )
        self._excluded_areas = frozenset(scope.excluded_areas).union(
            area.id for area in areas.values() if self._excluded_labels & area.labels
        )
        self.areas = frozenset(
            area.id
            for area in areas.values()
            if self.whole
            or area.id in scope.areas
            or area.floor_id in scope.floors
            or self._labels & area.labels
        ).difference(self._excluded_areas)
        self._excludes_nothing = not (
            self._excluded_areas
            or self._excluded_labels
            or self._excluded_entities
            or self._excluded_devices
        )

    def excludes(self, item: Item) -> bool:
        """Tell whether an entity is excluded: by itself, its device, its area or a label."""
        if self._excludes_nothing:
            return False
        return (
            item.entity_id in self._excluded_entities
            or item.registry_id in self._excluded_entities
            or item.device_id in self._excluded_devices
            or item.area_id in self._excluded_areas
            or bool(self._excluded_labels & item.labels)
        )

    def takes(self, item: Item) -> bool:
        """Tell whether an entity belongs to the home."""
        return self._chosen(item.area_id, item.labels) and not self.excludes(item)

    def excludes_device(self, device: DeviceItem) -> bool:
        """Tell whether a device is excluded: by itself, its area or a label."""
        return (
            device.device_id in self._excluded_devices
            or device.area_id in self._excluded_areas
            or bool(self._excluded_labels & device.labels)
        )

    def takes_device(self, device: DeviceItem) -> bool:
        """Tell whether a device belongs to the home by its own area or labels."""
        return self._chosen(device.area_id, device.labels) and not self.excludes_device(device)

    def _chosen(self, area_id: str | None, labels: frozenset[str]) -> bool:
        return self.whole or area_id in self.areas or bool(self._labels & labels)
