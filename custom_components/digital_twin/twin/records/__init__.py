"""What records are made of: fields, parsers, revisions."""
