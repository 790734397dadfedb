"""What runs: the store, the registry of twins (the only writer) and the observers of the house."""
