"""The actions, by the twin that they are about."""
