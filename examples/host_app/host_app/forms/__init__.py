"""Answer forms: drawn from what a step asks for, read back into the response. See `types` for the table of step types."""
