"""The roots of what is raised on purpose; the type says who has to act."""


class StepwellError(Exception):
    """Anything Stepwell raises on purpose; the text says what to do next."""

    crisis_text = ""
    """Where it was an answer that met a risk rule: what the client is to see at once, although something failed."""


class Unavailable(StepwellError):
    """The server or the store could not be reached; what was sent may be sent again with the same id."""
