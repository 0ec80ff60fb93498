"""The invented county: pure generators, a loader, a check over HTTP."""
