"""Many rows at a time: written together, or taken by whoever sweeps."""

from __future__ import annotations

from sqlalchemy import ColumnElement, any_, delete, func, literal_column, select
from sqlalchemy.orm import Session

from geo_api.db.model import Model

# Without it, rows with and without a value are different statements, and a batch falls
# apart wherever one follows the other.
WITH_NULLS = {"render_nulls": True}


def delete_due(
    session: Session, row: type[Model], *due: ColumnElement[bool], limit: int
) -> int:
    """Remove at most ``limit`` rows that are due and that nobody else holds; how many.

    What is taken is found by where it lies (``ctid``; the lock keeps it there), as an
    array that is made once: a subquery may be asked again for each row, skips then what
    it has locked itself and goes on beyond the limit, and to a join the planner may
    prefer reading the whole table.
    """
    place: ColumnElement[str] = literal_column(f"{row.__tablename__}.ctid")
    taken = select(place).where(*due).limit(limit).with_for_update(skip_locked=True)
    one: ColumnElement[int] = literal_column("1")
    removed = session.scalars(
        delete(row)
        .where(place == any_(func.array(taken.scalar_subquery())))
        .returning(one)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())
