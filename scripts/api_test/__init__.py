"""Calls the REST API with requests that are made from its description."""
