"""How long wrong passwords make somebody wait: each time longer. Pure."""

from __future__ import annotations

from datetime import timedelta

# Wrong passwords are counted this long from the first one on.
WINDOW = timedelta(days=1)
_FIRST = timedelta(minutes=1)
# More would be longer than any longest wait.
_DOUBLINGS = 12


def wait_before_next(
    tries: int, elapsed: timedelta, *, free: int, longest: timedelta
) -> timedelta:
    """How long until another try may be made, ``elapsed`` after the first of them.

    ``free`` may be made at once; before each further one is a wait twice as long as the
    one before, up to ``longest``. Who never tires has used up some hundred in a day.
    """
    waits = (
        min(_FIRST * 2 ** min(i, _DOUBLINGS), longest) for i in range(tries - free + 1)
    )
    opens = min(sum(waits, timedelta()), WINDOW)
    return max(opens - elapsed, timedelta())
