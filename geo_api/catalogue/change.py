"""A change of the rules: what is to be said otherwise, and whether it may be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from geo_api.catalogue.rules import Rule, Terms
from geo_api.duties.rules import DutyKind
from geo_api.errors import InvalidInput, NotFound, Problem

# Nothing is ever unassigned: who is asked last cannot decline.
_LAST = (DutyKind.TOWN_DESK, DutyKind.COUNTY_DESK)
_MOST_OF_A_DEADLINE = 1000


@dataclass(frozen=True)
class Change:
    """What is said otherwise of one service; None stays as it is."""

    chain: tuple[DutyKind, ...] | None = None
    first: DutyKind | None = None
    # Either replaces the other.
    due_hours: int | None = None
    due_working_days: int | None = None
    is_confidential: bool | None = None
    is_offered: bool | None = None


def changed(
    rules: Mapping[str, Rule], changes: Mapping[str, Change]
) -> dict[str, Rule]:
    """The rules with some changed; InvalidInput names all that cannot be."""
    found = dict(rules)
    problems: list[Problem] = []
    for code, change in changes.items():
        if code not in rules:
            raise NotFound("There is no service %(code)s", code=code[:40])
        found[code] = _with(rules[code], change)
        problems += _problems(code, found[code].terms)
    if problems:
        raise InvalidInput(problems[0].msg, problems=problems, **problems[0].params)
    return found


def _with(rule: Rule, change: Change) -> Rule:
    terms = rule.terms
    due = (change.due_hours, change.due_working_days)
    if due == (None, None):
        due = (terms.due_hours, terms.due_working_days)
    chain = change.chain or terms.chain
    first = change.first or (terms.first if terms.first in chain else chain[0])
    return replace(
        rule,
        terms=Terms(
            terms.service_code,
            chain,
            first,
            _or(change.is_confidential, terms.is_confidential),
            *due,
        ),
        is_offered=_or(change.is_offered, rule.is_offered),
    )


def _or(said: bool | None, had: bool) -> bool:
    return had if said is None else said


def _problems(code: str, terms: Terms) -> Iterator[Problem]:
    chain, due = terms.chain, (terms.due_hours, terms.due_working_days)
    if chain[-2:] != _LAST or len(set(chain)) < len(chain):
        yield Problem(
            (code, "chain"),
            "A chain names each duty once and ends with the desks of town and county",
            "Put the town's desk and then the county's last",
        )
    if terms.first not in chain:
        yield Problem(
            (code, "first"),
            "Who is asked first is not in the chain",
            "Name a duty of the chain",
        )
    told = [n for n in due if n is not None]
    if len(told) != 1 or not 0 < told[0] <= _MOST_OF_A_DEADLINE:
        yield Problem(
            (code, "due"),
            "A deadline is a number of hours or of working days, from 1 to %(most)s",
            "Write one of the two",
            {"most": _MOST_OF_A_DEADLINE},
        )
