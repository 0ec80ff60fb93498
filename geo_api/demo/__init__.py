"""The invented county that a first visitor sees."""
