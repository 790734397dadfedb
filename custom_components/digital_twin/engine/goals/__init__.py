"""Goals at run time: their assessments, and the entities that key results follow."""
