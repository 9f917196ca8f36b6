"""What the tests of commands are given."""

from tests.postgres import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]
