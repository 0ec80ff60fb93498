"""Settings, one class per concern; every one is read from ``MINQING_…``."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, IPvAnyAddress, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_ENV = SettingsConfigDict(env_prefix="MINQING_", extra="ignore", frozen=True)


class StateSettings(BaseSettings):
    """Where the service keeps what must survive a restart."""

    model_config = _ENV

    state_dir: Path = Field(
        default=Path(".state"),
        description="Folder of the embedded database, the key file and the logs.",
    )
    key_file: Path | None = Field(
        default=None,
        description="Key that encrypts contacts; default STATE_DIR/contact.key. "
        "It is kept outside the backup.",
    )
    backup_dir: Path | None = Field(
        default=None,
        description="Where `minqing backup` writes when it is not told; "
        "the doctor looks at the newest one's age.",
    )

    @property
    def contact_key_file(self) -> Path:
        """The key file in use."""
        return self.key_file or self.state_dir / "contact.key"


# The value may hold a password: what is wrong is said without repeating it.
_MEND_URL = (
    "Write postgresql://ROLE:PASSWORD@HOST/DATABASE, "
    "for a socket postgresql://ROLE:PASSWORD@/DATABASE?host=/FOLDER"
)


def _names_a_postgres(url: str) -> str:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(_MEND_URL) from None
    if not parsed.drivername.startswith("postgres") or not parsed.database:
        raise ValueError(_MEND_URL)
    return url


DatabaseUrl = Annotated[str, AfterValidator(_names_a_postgres)]


class DatabaseSettings(BaseSettings):
    """Which database, and which county's schema in it."""

    model_config = _ENV

    database_url: DatabaseUrl | None = Field(
        default=None,
        description="The app's own role. Absent: the embedded PostGIS is used.",
    )
    owner_database_url: DatabaseUrl | None = Field(
        default=None,
        description="The role that owns the schema and migrates it; default: "
        "DATABASE_URL. A separate owner keeps the audit out of the app's reach.",
    )
    schema_name: str = Field(
        default="minqing",
        alias="MINQING_SCHEMA",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="The county's schema: one schema is one county.",
    )
    pool_size: int = Field(default=10, ge=1, description="Connections kept open.")
    pool_overflow: int = Field(default=10, ge=0, description="Extra at peaks.")
    statement_timeout_ms: int = Field(
        default=30_000, ge=100, description="A statement of a page may take this long."
    )


class ServerSettings(BaseSettings):
    """How the service is reached."""

    model_config = _ENV

    host: str = Field(default="127.0.0.1", description="Address listened on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port listened on.")
    public_url: str = Field(
        default="", description="Address people use; default http://HOST:PORT."
    )
    trusted_proxies: Annotated[tuple[IPvAnyAddress, ...], NoDecode] = Field(
        default=(),
        description="Addresses of proxies whose X-Forwarded-For and -Proto are "
        "believed; commas. No networks: all in them could pass for anybody.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Origins of portals that may fetch tiles; commas."
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=10_000, description="Largest JSON body accepted."
    )
    body_seconds: float = Field(
        default=300, gt=0, description="A body must have arrived within so long."
    )
    body_idle_seconds: float = Field(
        default=20, gt=0, description="Longest pause between two pieces of a body."
    )

    @field_validator("trusted_proxies", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def base_url(self) -> str:
        """Address people use, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class SignInSettings(BaseSettings):
    """Passwords, sessions and tokens."""

    model_config = _ENV

    idle_minutes: int = Field(
        default=30,
        ge=1,
        description="Idle end of a page, counted from the last hand on it.",
    )
    session_hours: int = Field(default=12, ge=1, description="Longest page session.")
    token_hours: int = Field(default=12, ge=1, description="Life of a bearer token.")
    tracking_days: int = Field(
        default=400, ge=1, description="Life of a resident's tracking link."
    )
    track_tries_caller: int = Field(
        default=20,
        ge=1,
        description="Tries of one network an hour to find requests by their numbers.",
    )
    track_tries_number: int = Field(
        default=10,
        ge=1,
        description="Wrong ones of them a day for one and the same request.",
    )
    track_tries_digits: int = Field(
        default=100,
        ge=1,
        description="Wrong tries of 30 days for a request, from everywhere; after that "
        "its whole phone is asked for.",
    )
    lockout_failures: int = Field(
        default=5,
        ge=1,
        description="Wrong passwords of one name from one network before a wait.",
    )
    lockout_failures_many: int = Field(
        default=100,
        ge=1,
        description="The same of a network over all names, and of a name from all "
        "networks where nobody has signed in yet.",
    )
    lockout_minutes: int = Field(
        default=15, ge=1, description="Longest wait; the first one is a minute."
    )
    password_min_length: int = Field(default=10, ge=8, description="Shortest one.")


class PlaceSettings(BaseSettings):
    """Time zone, language and what counts as near a border."""

    model_config = _ENV

    timezone: str = Field(default="Asia/Shanghai", description="Days and weeks.")
    language: str = Field(default="zh-CN", description="When a caller names none.")
    border_metres: float = Field(
        default=10.0, ge=0, description="A point this near a border is ambiguous."
    )

    @property
    def tz(self) -> ZoneInfo:
        """The time zone of days, weeks and months."""
        return ZoneInfo(self.timezone)


class DispatchSettings(BaseSettings):
    """How requests are handed out and come back."""

    model_config = _ENV

    max_declines: int = Field(default=2, ge=0, description="Then the town adjudicates.")
    rating_days: int = Field(default=30, ge=1, description="Time to rate or reopen.")
    orders_per_hour: int = Field(
        default=20,
        ge=1,
        description="Orders an hour from one network without an account or a server "
        "key; above, the town desk decides.",
    )
    photo_bytes_per_hour: int = Field(
        default=60_000_000,
        ge=0,
        description="Bytes of photos an hour from one network without an account; "
        "above, orders are taken and photos are not.",
    )
    idempotency_hours: int = Field(default=24, ge=1, description="Keys are kept.")


class PrivacySettings(BaseSettings):
    """What leaves the house without a duty behind it."""

    model_config = _ENV

    public_min_households: int = Field(
        default=10, ge=1, description="Fewer households: the village is not published."
    )
    public_min_requests: int = Field(
        default=5,
        ge=1,
        description="Fewer requests are not told; bands begin here.",
    )
    contact_days: int = Field(
        default=365,
        ge=1,
        description="Contacts of closed requests are erased after so many days, "
        "never before rating and reopening end.",
    )


class NightSettings(BaseSettings):
    """What the worker does while nobody works."""

    model_config = _ENV

    night_at: time = Field(
        default=time(2, 30),
        description="When the worker hands on, erases, publishes and backs up.",
    )
    backups_kept: int = Field(
        default=14, ge=1, description="Nightly backups that the worker keeps."
    )


class HeatSettings(BaseSettings):
    """How the heat is painted."""

    model_config = _ENV

    heat_bandwidth_m: float = Field(
        default=450.0, gt=0, description="Standard deviation of the kernel, metres."
    )
    heat_max_age: int = Field(
        default=30, ge=0, description="Seconds a live tile may be kept by a browser."
    )


class Settings:
    """All of them, read once where the process starts."""

    def __init__(
        self,
        *,
        state: StateSettings | None = None,
        database: DatabaseSettings | None = None,
        server: ServerSettings | None = None,
        sign_in: SignInSettings | None = None,
        place: PlaceSettings | None = None,
        dispatch: DispatchSettings | None = None,
        privacy: PrivacySettings | None = None,
        night: NightSettings | None = None,
        heat: HeatSettings | None = None,
    ) -> None:
        self.state = state or StateSettings()
        self.database = database or DatabaseSettings()
        self.server = server or ServerSettings()
        self.sign_in = sign_in or SignInSettings()
        self.place = place or PlaceSettings()
        self.dispatch = dispatch or DispatchSettings()
        self.privacy = privacy or PrivacySettings()
        self.night = night or NightSettings()
        self.heat = heat or HeatSettings()
