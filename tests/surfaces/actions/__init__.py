"""The actions, each with its answer and with what it refuses."""
