"""The decision: candidates, choosing, explanation."""
