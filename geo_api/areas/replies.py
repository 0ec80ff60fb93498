"""From rows of areas and editions to what is answered."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from geo_api.areas import queries
from geo_api.areas.models import BoundarySource, Edition
from geo_api.areas.schemas import CodeOut, EditionOut, SourceOut


def show_edition(session: Session, edition: Edition) -> EditionOut:
    """An edition with where its shapes came from."""
    source = session.get_one(BoundarySource, edition.source_id)
    return EditionOut(
        id=edition.public_id,
        name=edition.name,
        reason=edition.reason,
        active_from=edition.active_from,
        activated_at=edition.activated_at,
        created_at=edition.created_at,
        is_superseded=edition.superseded_at is not None,
        source=SourceOut(
            name=source.name,
            licence=source.licence,
            url=source.url,
            is_invented=source.is_invented,
        ),
    )


def show_codes(session: Session, ids: Collection[int]) -> dict[int, list[CodeOut]]:
    """Every code that areas bear or bore, by internal id."""
    return {
        area_id: [
            CodeOut(
                system=code.system,
                code=code.code,
                is_primary=code.is_primary,
                valid_from=code.valid_from,
                valid_to=code.valid_to,
            )
            for code in codes
        ]
        for area_id, codes in queries.codes_of(session, ids).items()
    }
