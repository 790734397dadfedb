"""The Home twin: what is judged of a house and how."""
