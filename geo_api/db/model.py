"""The declarative root of every table, and the columns that all of them share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import uuid_utils
from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, DateTime, Identity, MetaData, String, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Names are spelled out so that a migration can find a constraint again on any server.
_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_public_id() -> UUID:
    """A UUIDv7: opaque to people, yet near its neighbours in the index."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


class Model(DeclarativeBase):
    """Root of all tables; they live unqualified in the county's schema."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        datetime: DateTime(timezone=True),
        str: String(),
    }


# Never shown to anybody; bigint because an int identity cannot move between nodes.
Key = Annotated[
    int, mapped_column(BigInteger, Identity(always=False), primary_key=True)
]
PublicId = Annotated[
    UUID, mapped_column(Uuid, unique=True, nullable=False, default=new_public_id)
]
Ref = Annotated[int, mapped_column(BigInteger)]
Point = Annotated[
    WKBElement, mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
]
MultiPolygon = Annotated[
    WKBElement, mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
]
