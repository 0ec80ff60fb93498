"""``minqing privacy``: what is kept ends in time; what is held is told or erased."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from geo_api.cli.database import context_of
from geo_api.cli.terminal import tell
from geo_api.errors import InvalidInput
from geo_api.http.context import Context
from geo_api.privacy.erasure import check_erasable, erase_person
from geo_api.privacy.retention import Swept, sweep_batch
from geo_api.privacy.subject_export import export_person
from geo_api.privacy.subjects import Held, find_by_number, find_by_phone
from geo_api.settings import Settings

app = typer.Typer(no_args_is_help=True)

Phone = Annotated[
    str, typer.Option(help="The person's phone: all that is held under it.")
]
Number = Annotated[str, typer.Option(help="A request's number: this one alone.")]


@app.command("sweep")
def sweep() -> None:
    """Erase contacts of long-closed requests, end links, forget tokens and counts."""
    with context_of(Settings()) as context:
        tell_swept(sweep_all(context))


def sweep_all(context: Context) -> Swept:
    """Batch after batch until nothing is due; what was taken."""
    total = Swept()
    while True:
        with context.sessions.transaction() as session:
            swept = sweep_batch(session, now=context.clock(), settings=context.settings)
        if swept.is_empty:
            return total
        total += swept


def tell_swept(swept: Swept) -> None:
    """How much of each kind a sweep took."""
    tell(
        "Swept: contacts %(contacts)s, links %(links)s, tokens %(tokens)s, "
        "replies %(replies)s, counts %(counts)s",
        asdict(swept),
    )


def _find(session: Session, context: Context, phone: str, number: str) -> Held:
    if bool(phone) == bool(number):
        raise InvalidInput(
            "It is not said whose data is meant", mend="Give --phone or --number"
        )
    if number:
        return find_by_number(session, number)
    return find_by_phone(session, context.cipher, phone)


@app.command("export")
def export(phone: Phone = "", number: Number = "") -> None:
    """Write all that is held on a person as JSON; audited."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        held = _find(session, context, phone, number)
        data = export_person(session, context.cipher, held, now=context.clock())
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


@app.command("erase")
def erase(
    phone: Phone = "",
    number: Number = "",
    force: Annotated[
        bool, typer.Option("--force", help="Even while requests are open.")
    ] = False,
    commit: Annotated[
        bool, typer.Option("--commit", help="Erase; otherwise nothing is changed.")
    ] = False,
) -> None:
    """Empty a person's contacts and end their tracking links; audited."""
    with context_of(Settings()) as context, context.sessions.transaction() as session:
        held = _find(session, context, phone, number)
        check_erasable(held, force=force)
        tell(
            "Contacts held: %(contacts)s; of requests %(requests)s, "
            "households %(households)s, duty holders %(people)s",
            held.counts,
        )
        if not commit:
            tell("Dry run: nothing was changed; add --commit to write it")
            return
        erased = erase_person(session, held, now=context.clock(), force=force)
    tell(
        "Contacts erased: %(erased)s; who lives or serves here stays in the ledgers",
        {"erased": erased},
    )
