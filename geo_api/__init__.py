"""The spatial API of 民情地图: who answers for which place, and what was ordered there."""

__version__ = "0.1.0"
