"""One function for each thing that somebody can do, and the one rule who may."""
