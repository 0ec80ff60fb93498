"""Outbox, webhooks and live events."""
