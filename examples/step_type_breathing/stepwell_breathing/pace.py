"""The pace of a breath, and its picture."""

from itertools import pairwise
from typing import NamedTuple

_LEFT, _WIDTH, _TOP, _HEIGHT = 20, 280, 30, 90


class Pace(NamedTuple):
    """The seconds of one breath."""

    inhale: int
    hold: int
    exhale: int

    @property
    def seconds(self) -> int:
        """How long one breath takes."""
        return self.inhale + self.hold + self.exhale

    def breaths(self, minutes: int) -> int:
        """How many whole breaths there are in so many minutes."""
        return minutes * 60 // self.seconds


def sheet(pace: Pace) -> str:
    """One breath as an SVG picture: up, along and down, with its seconds below."""
    xs = [_LEFT + _WIDTH * at / pace.seconds for at in (0, pace.inhale, pace.inhale + pace.hold, pace.seconds)]
    ys = (_TOP + _HEIGHT, _TOP, _TOP, _TOP + _HEIGHT)
    line = " ".join(f"{x:.1f},{y}" for x, y in zip(xs, ys, strict=True))
    middles = [(first + second) / 2 for first, second in pairwise(xs)]
    marks = "".join(
        f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 24}" text-anchor="middle">{length}</text>'
        for x, length in zip(middles, pace, strict=True)
        if length
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 320 160" font-family="sans-serif" font-size="14">'
        f"<title>{pace.inhale} – {pace.hold} – {pace.exhale}</title>"
        f"<desc>In {pace.inhale} s, hold {pace.hold} s, out {pace.exhale} s.</desc>"
        f'<polyline points="{line}" fill="none" stroke="#08519c" stroke-width="4"/>{marks}</svg>'
    )
