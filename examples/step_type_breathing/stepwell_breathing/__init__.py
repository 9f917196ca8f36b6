"""Paced breathing as a step of a Stepwell pathway."""

from stepwell_breathing.step import BreathingStep

__all__ = ["BreathingStep"]
