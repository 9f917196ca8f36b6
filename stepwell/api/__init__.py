"""The HTTP API: thin skins on the use cases of the handle, described by OpenAPI 3.1."""
