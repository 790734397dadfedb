"""The forms in which twins are added and changed in the UI."""
