"""Responsibility zones: their shapes, and the households in their lists."""
