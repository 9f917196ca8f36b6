"""Known questionnaires as data: library steps, scorings for authors' own items, and what counts as a change.

Only publishing reads them: what is published holds its items and scores itself, so no journey depends on a file here.
"""

from engine.instruments.change import Change, change
from engine.instruments.data import library, scoring, scorings

__all__ = ["Change", "change", "library", "scoring", "scorings"]
