"""The spatial API of 民情地图: who answers for which place."""

__version__ = "0.1.0"
