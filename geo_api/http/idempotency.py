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
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import DateTime, Row, bindparam, case, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from starlette.datastructures import UploadFile

from geo_api.db.cipher import Cipher
from geo_api.errors import InvalidInput
from geo_api.http.context import CurrentCipher, CurrentSession, CurrentSettings, Now
from geo_api.http.models import IdempotentReply
from geo_api.settings import Settings

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="Chosen by the caller; a retry with it changes nothing twice. "
        "Without an account or a server key send a random UUID or 32 random hex "
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


_ROW: Any = IdempotentReply.__table__


def _take_statement() -> ReturningInsert[Any]:
    new = insert(_ROW).values({c.name: bindparam(c.name, type_=c.type) for c in _ROW.c})
    is_over = _ROW.c.created_at < bindparam("since", type_=DateTime(timezone=True))
    return new.on_conflict_do_update(
        index_elements=[_ROW.c.digest],
        set_={
            column.name: case((is_over, new.excluded[column.name]), else_=column)
            for column in _ROW.c
            if column is not _ROW.c.digest
        },
    ).returning(_ROW.c.request_hash, _ROW.c.status, _ROW.c.body)


# Built once: to build a statement takes longer than to send it.
_TAKE = _take_statement()
_KEEP = (
    update(_ROW)
    .where(_ROW.c.digest == bindparam("of_digest"))
    .values(status=bindparam("status"), body=bindparam("body"))
)


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
        session: Session,
        *,
        cipher: Cipher,
        settings: Settings,
        now: datetime,
        request_hash: bytes,
        key: str | None,
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
        digest = _digest_of("" if is_enough else caller.key, self._key)
        kept = self._take(digest)
        if kept.status is not None:
            return self._replay(kept)
        body = work().model_dump_json()
        reply = {"status": status, "body": self._cipher.encrypt(body)}
        self._session.execute(_KEEP, {"of_digest": digest, **reply})
        return _reply(status, body.encode())

    def _take(self, digest: bytes) -> Row[Any]:
        """The reply that the key has already; without a status the key is ours to use.

        Its row is locked either way: who comes with the same key waits for our end.
        """
        new = {
            "digest": digest,
            "request_hash": self._request_hash,
            "status": None,
            "body": None,
            "created_at": self._now,
        }
        since = self._now - self._kept
        return self._session.execute(_TAKE, {**new, "since": since}).one()

    def _replay(self, kept: Row[Any]) -> Response:
        if kept.request_hash != self._request_hash:
            raise InvalidInput(
                "This idempotency key was used for another request",
                loc=("header", "Idempotency-Key"),
                mend="Use a new key for a new request",
            )
        # The lock on the key was ours to wait for: whoever held it has finished.
        return _reply(kept.status, self._cipher.decrypt(kept.body).encode())


def _digest_of(caller: str, key: str) -> bytes:
    """What is stored of whose key it is; the key itself is not."""
    who = hashlib.sha256(caller.encode()).digest()
    return hashlib.sha256(who + key.encode()).digest()


def _reply(status: int, body: bytes) -> Response:
    return Response(body, status_code=status, media_type="application/json")


async def _once(
    session: CurrentSession,
    cipher: CurrentCipher,
    settings: CurrentSettings,
    now: Now,
    request_hash: RequestHash,
    key: Key = None,
) -> Idempotency:
    return Idempotency(
        session,
        cipher=cipher,
        settings=settings,
        now=now,
        request_hash=request_hash,
        key=key,
    )


Once = Annotated[Idempotency, Depends(_once, scope="function")]
