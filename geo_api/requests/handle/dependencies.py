"""Whatever is done to one request: seen, locked, done once for a key, then shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from geo_api.accounts.audit import record_audit
from geo_api.accounts.dependencies import CurrentActor
from geo_api.http.context import CurrentContext, CurrentSession, Now
from geo_api.http.idempotency import Once
from geo_api.requests.callers import caller_of, known_caller
from geo_api.requests.handle.held import act_on, lock_request
from geo_api.requests.models import ServiceRequest
from geo_api.requests.outcomes import Act, Said
from geo_api.requests.replies import Shower, read_fields
from geo_api.requests.rules import Verb
from geo_api.requests.schemas import RequestOut


class _Deed:
    """One transaction on the request of the path; may be retried with its key."""

    def __init__(
        self,
        request_id: UUID,
        actor: CurrentActor,
        session: CurrentSession,
        context: CurrentContext,
        once: Once,
        now: Now,
    ) -> None:
        known_caller(actor)
        self.actor, self.session, self.now = actor, session, now
        self.settings = context.settings
        self._request_id = request_id
        self._once = once

    def run(
        self, work: Callable[[ServiceRequest], BaseModel], *, status: int
    ) -> Response:
        """The reply of ``work`` on the locked request."""

        def once() -> BaseModel:
            return work(lock_request(self.session, self.actor, self._request_id))

        return self._once.run(caller=caller_of(self.actor), status=status, work=once)

    def do(self, verb: Verb, said: Said) -> Response:
        """The request as it is after a verb; the reading of names is audited."""

        def work(request: ServiceRequest) -> RequestOut:
            act = Act(verb, self.actor, self.now, said)
            act_on(self.session, [(request, act)], settings=self.settings)
            shower = Shower(self.session, self.actor, [request])
            return shower.show(request, now=self.now, in_full=True)

        reply = self.run(work, status=200)
        # Here and not in the work: a reply that is given again is read again.
        shown = RequestOut.model_validate_json(bytes(reply.body))
        fields = read_fields(self.actor, shown)
        if fields:
            record_audit(
                self.session,
                self.actor,
                action="request.read",
                subject_kind="request",
                subject_id=self._request_id,
                fields=fields,
                now=self.now,
            )
        return reply


Deed = Annotated[_Deed, Depends(_Deed, scope="function")]
