"""The entities of twins as tables of descriptions, and what keeps them in step with the records."""
