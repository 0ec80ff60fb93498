"""Idempotency keys: a retry of the same body gets the same reply, once and for a day.

The key's row is written in the transaction of the work itself, so that either both
exist or neither does. A second request with the key waits on the row until the first
one has ended, then finds its reply.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from starlette.datastructures import UploadFile

from geo_api.errors import InvalidInput
from geo_api.http.context import CurrentCipher, CurrentSession, CurrentSettings, Now
from geo_api.http.models import IdempotentReply

# Replies of a day ago that each new one takes with it: more go than come.
_SWEPT = 20

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="Chosen by the caller; a retry with it changes nothing twice. "
        "Without an account or a portal key send a random UUID or 32 random hex "
        "digits: such a key is known again when the retry comes from another network.",
    ),
]

# 122 random bits or more, of which nobody guesses another's.
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|[0-9a-f]{32,}",
    re.IGNORECASE,
)
# What is random has more different digits but once in a hundred thousand times; a
# number that somebody has filled up with zeros has fewer.
_FEW = 8


@dataclass(frozen=True)
class Caller:
    """Whose keys these are."""

    key: str
    # False: known by the network only, which a phone leaves between two tries.
    is_named: bool = True


def is_unguessable(key: str) -> bool:
    """Whether a key tells its caller from all others by itself."""
    return bool(_RANDOM.fullmatch(key)) and len(set(key.lower())) > _FEW


async def _read_hash(request: Request) -> bytes:
    target = f"{request.method} {request.url.path}\n".encode()
    kind = request.headers.get("content-type", "").strip().lower()
    if not kind.startswith("multipart/form-data"):
        return hashlib.sha256(target + await request.body()).digest()
    # Each retry draws a boundary of its own: what lies between them is compared.
    said = hashlib.sha256(target)
    for name, value in (await request.form()).multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.seek(0)
        else:
            content = value.encode(errors="surrogateescape")
        said.update(f"{len(name)} {len(content)} {name}\n".encode())
        said.update(content)
    return said.digest()


RequestHash = Annotated[bytes, Depends(_read_hash)]


class Idempotency:
    """Runs a route's work once per caller and key."""

    def __init__(
        self,
        session: CurrentSession,
        cipher: CurrentCipher,
        settings: CurrentSettings,
        now: Now,
        request_hash: RequestHash,
        key: Key = None,
    ) -> None:
        self._session = session
        self._cipher = cipher
        self._now = now
        self._request_hash = request_hash
        self._key = key
        self._kept = timedelta(hours=settings.dispatch.idempotency_hours)

    def run(
        self, *, caller: Caller, status: int, work: Callable[[], BaseModel]
    ) -> Response:
        """The reply of ``work``, or the one it gave before to the same key.

        Raises InvalidInput if the key was used for another body.
        """
        if self._key is None:
            return _reply(status, work().model_dump_json().encode())
        is_enough = not caller.is_named and is_unguessable(self._key)
        who = hashlib.sha256(b"" if is_enough else caller.key.encode()).digest()
        row = (IdempotentReply.caller == who) & (IdempotentReply.key == self._key)
        self._forget(row)
        inserted = self._session.scalar(
            insert(IdempotentReply)
            .values(
                caller=who,
                key=self._key,
                request_hash=self._request_hash,
                created_at=self._now,
            )
            .on_conflict_do_nothing()
            .returning(IdempotentReply.key)
        )
        if inserted is None:
            return self._replay(
                self._session.scalars(select(IdempotentReply).where(row)).one()
            )
        body = work().model_dump_json()
        self._session.execute(
            update(IdempotentReply)
            .where(row)
            .values(status=status, body=self._cipher.encrypt(body))
        )
        return _reply(status, body.encode())

    def _forget(self, row: ColumnElement[bool]) -> None:
        """Remove the caller's own reply if its day is over, and some of the others'."""
        is_over = IdempotentReply.created_at < self._now - self._kept
        self._session.execute(delete(IdempotentReply).where(row, is_over))
        identity = tuple_(IdempotentReply.caller, IdempotentReply.key)
        others = (
            select(IdempotentReply.caller, IdempotentReply.key)
            .where(is_over)
            .order_by(IdempotentReply.created_at)
            .limit(_SWEPT)
            .with_for_update(skip_locked=True)
        )
        self._session.execute(
            delete(IdempotentReply)
            .where(identity.in_(others))
            .execution_options(synchronize_session=False)
        )

    def _replay(self, kept: IdempotentReply) -> Response:
        if kept.request_hash != self._request_hash:
            raise InvalidInput(
                "This idempotency key was used for another request",
                loc=("header", "Idempotency-Key"),
                mend="Use a new key for a new request",
            )
        # The lock on the key was ours to wait for: whoever held it has finished.
        assert kept.body is not None  # noqa: S101
        assert kept.status is not None  # noqa: S101
        return _reply(kept.status, self._cipher.decrypt(kept.body).encode())


def _reply(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json")


Once = Annotated[Idempotency, Depends(Idempotency, scope="function")]
