"""ETag and If-Match: who writes says what they have read."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Response

from geo_api.db.cipher import Cipher
from geo_api.errors import Stale
from geo_api.http.context import CurrentCipher

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def version_of(cipher: Cipher, *state: Any) -> str:
    """The entity tag of what a change may change.

    Keyed: a digest that anybody can reckon would tell a masked name to who guesses.
    """
    return f'"{cipher.digest(repr(state)).hex()[:32]}"'


class Version:
    """The version that a reply shows."""

    def __init__(self, response: Response, cipher: CurrentCipher) -> None:
        self._response = response
        self._cipher = cipher

    def show(self, *state: Any) -> None:
        """Give the reply its ETag."""
        self._response.headers["ETag"] = version_of(self._cipher, *state)


class Precondition(Version):
    """The version that a caller has read, and the one that the reply shows."""

    def __init__(
        self,
        response: Response,
        cipher: CurrentCipher,
        if_match: Annotated[
            str | None,
            Header(
                max_length=1000,
                description="The ETag that was read; 412 if it has been changed since. "
                "Without it the change goes through.",
            ),
        ] = None,
    ) -> None:
        super().__init__(response, cipher)
        self._if_match = if_match

    def check(self, *state: Any) -> None:
        """Raise Stale unless the caller has read this, or does not say.

        The row is locked and read again before, or two at once would both pass.
        """
        if self._if_match is None or self._if_match.strip() == "*":
            return
        # A proxy that compresses makes tags weak on the way.
        known = _TAG.findall(self._if_match)
        if version_of(self._cipher, *state).strip('"') not in known:
            raise Stale(
                "Somebody has changed this since you read it; nothing was changed",
                mend="Open it again, see what is there now, and make your change anew",
            )


ShownVersion = Annotated[Version, Depends(Version)]
ReadVersion = Annotated[Precondition, Depends(Precondition)]
