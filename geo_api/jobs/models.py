"""When each job of the night was done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from geo_api.db.model import Model


class JobRun(Model):
    """The last runs of one job. Both times are those at which the run began."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
