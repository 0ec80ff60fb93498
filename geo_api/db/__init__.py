"""Engine, sessions, naming, named statements and migrations."""
