"""Names in lists: whole for the administrator, who gave them, masked for all others.

What a list masks it does not find either: else its letters are told by trying.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from geo_api.accounts.rules import Actor, Role, mask_name


def is_told_names(actor: Actor) -> bool:
    """Whether lists of people and accounts show the caller whole names; audited."""
    return actor.is_staff and actor.role is Role.ADMIN


def listed_name(actor: Actor, name: str) -> str:
    """A name as a list shows it to the caller."""
    return name if is_told_names(actor) else mask_name(name)


def is_listed_as(
    actor: Actor, column: InstrumentedAttribute[str], text: str
) -> ColumnElement[bool]:
    """Whether a text is part of the name as a list shows it to the caller."""
    shown: ColumnElement[str] = (
        column.expression if is_told_names(actor) else func.left(column, 1).concat("*")
    )
    return shown.icontains(text, autoescape=True)
