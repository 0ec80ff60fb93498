"""What follows from what happened: who takes it out of the outbox, and what they do.

The one place where they are put together, for the service, the worker and commands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from geo_api.http.context import Context
from geo_api.notices import live_log
from geo_api.notices.hooks import LiveHooks
from geo_api.notices.rules import Consumer
from geo_api.requests.callers import known_caller
from geo_api.requests.read import live_events

# Each takes what waits for it, and says how much that was.
CONSUMERS: Mapping[Consumer, Callable[[Context], int]] = {
    Consumer.LIVE: live_log.move_all,
}

LIVE_HOOKS = LiveHooks(check_listener=known_caller, show=live_events.show)
