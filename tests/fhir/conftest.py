"""The house of the live tests."""

from tests.workflows.conftest import home

__all__ = ["home"]
