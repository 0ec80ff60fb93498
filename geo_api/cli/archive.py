"""A backup's one file: what is in it, how it is written, how it is read with distrust.

A tar of ``database.dump`` (pg_dump's custom format), ``settings.env`` (no secrets),
``manifest.json`` (what it is, with a checksum of each) and ``SHA256SUMS`` over all
three, so that a person can check it with tar and sha256sum alone. The key file is never
among them: whoever finds a backup must not be able to read contacts.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path
from typing import IO

from pydantic import BaseModel, Field, ValidationError

from geo_api.errors import InvalidInput, Unavailable

FORMAT = 1
DUMP, SETTINGS, MANIFEST, SUMS = (
    "database.dump",
    "settings.env",
    "manifest.json",
    "SHA256SUMS",
)
_SMALL = 1_000_000
_CHUNK = 1 << 20


class _Form(BaseModel):
    """What every version can read: whether it can read the rest."""

    format: int = FORMAT


class Manifest(_Form):
    """What a backup says of itself."""

    made_at: str
    version: str
    db_schema: str = Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    migration: str
    postgresql: str = Field(pattern=r"^\d+")
    postgis: str
    # Of the keys that opened the contacts, newest first; the keys are kept elsewhere.
    keys: list[str] = Field(min_length=1)
    rows: dict[str, int]
    sha256: dict[str, str] = {}

    @property
    def postgresql_major(self) -> int:
        """Major version of the server that wrote the dump."""
        return int(self.postgresql.split(".")[0])


def write_archive(folder: Path, manifest: Manifest, file: Path) -> None:
    """Pack a folder's dump and settings; ``file`` appears whole or not at all."""
    manifest = manifest.model_copy(
        update={"sha256": {name: _digest(folder / name) for name in (DUMP, SETTINGS)}}
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    members = (DUMP, SETTINGS, MANIFEST)
    (folder / SUMS).write_text(
        "".join(f"{_digest(folder / name)}  {name}\n" for name in members)
    )
    draft = folder / "archive"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as whole:
        with tarfile.open(fileobj=whole, mode="w") as tar:
            # What is small comes first: a person need not read through the dump.
            for name in (MANIFEST, SUMS, SETTINGS, DUMP):
                tar.add(folder / name, arcname=name, filter=_nobody)
        whole.flush()
        os.fsync(whole.fileno())
    draft.replace(file)
    _sync_folder(file.parent)


def read_archive(file: Path, folder: Path) -> Manifest:
    """Unpack into a folder and check all of it; raises InvalidInput on any damage."""
    try:
        with tarfile.open(file, mode="r:") as tar:
            manifest = _read_manifest(tar)
            for name in (MANIFEST, SUMS, SETTINGS, DUMP):
                with _member(tar, name) as source, (folder / name).open("xb") as target:
                    while chunk := source.read(_CHUNK):
                        target.write(chunk)
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(file, str(error) or type(error).__name__) from error
    except OSError as error:
        raise Unavailable(
            "%(file)s cannot be read: %(why)s",
            mend="2 GB and the backup's own size must be free in the folder TMPDIR",
            file=file,
            why=error.strerror or str(error),
        ) from error
    _check_sums(file, folder, manifest)
    return manifest


def _read_manifest(tar: tarfile.TarFile) -> Manifest:
    with _member(tar, MANIFEST) as source:
        content = source.read(_SMALL)
    try:
        form = _Form.model_validate_json(content).format
        if form > FORMAT:
            raise Unavailable(
                "The backup has format %(theirs)s, this version reads %(ours)s",
                mend="Install the version that made it, or a newer one",
                theirs=form,
                ours=FORMAT,
            )
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise tarfile.ReadError(MANIFEST) from error


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        source = tar.extractfile(name)
    except KeyError as error:
        raise tarfile.ReadError(f"{name} is missing") from error
    if source is None:
        raise tarfile.ReadError(f"{name} is not a file")
    return source


def _check_sums(file: Path, folder: Path, manifest: Manifest) -> None:
    members = (DUMP, SETTINGS, MANIFEST)
    found = {name: _digest(folder / name) for name in members}
    sums = "".join(f"{found[name]}  {name}\n" for name in members)
    for name in (DUMP, SETTINGS):
        if manifest.sha256.get(name) != found[name]:
            raise _damaged(file, name)
    if (folder / SUMS).read_bytes() != sums.encode():
        raise _damaged(file, MANIFEST)


def _damaged(file: Path, why: str) -> InvalidInput:
    return InvalidInput(
        "%(file)s is damaged or not a backup: %(why)s",
        mend="Nothing was changed; use another backup",
        file=file,
        why=why,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Who made the backup on which machine is nobody's business."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
