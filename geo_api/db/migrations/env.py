"""Alembic's entry: runs inside the connection and schema that ``upgrade`` gives."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers

from geo_api.db.model import Model
from geo_api.db.upgrade import is_ours

connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    version_table_schema=context.config.attributes["schema"],
    include_object=is_ours,
    render_item=alembic_helpers.render_item,
    process_revision_directives=alembic_helpers.writer,
    compare_type=True,
)
context.run_migrations()
