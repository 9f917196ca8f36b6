"""The operator console: every running journey, seen and steered in a browser."""
