"""A backup's one file: what is in it, how it is written, how it is read with distrust.

A tar of ``database.dump`` (pg_dump's custom format), ``settings.env`` (no secrets),
``manifest.json`` (what it is, with a checksum of each), ``SHA256SUMS`` over all
three, so that a person can check it with tar and sha256sum alone, and ``SIGNATURE``
over these sums by the key file, without which anybody could have written it. The key
file is never among them: whoever finds a backup must not be able to read contacts.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from enum import Enum, auto
from pathlib import Path
from typing import IO

from pydantic import BaseModel, Field, ValidationError

from geo_api.db.cipher import Cipher
from geo_api.errors import InvalidInput, Unavailable, Words

FORMAT = 1
DUMP, SETTINGS, MANIFEST, SUMS, SIGNATURE = (
    "database.dump",
    "settings.env",
    "manifest.json",
    "SHA256SUMS",
    "SIGNATURE",
)
_SMALL = 1_000_000
_CHUNK = 1 << 20


class Seal(Enum):
    """What an archive's signature says."""

    FITS = auto()
    # There is none, or it is by a key that is not here.
    ABSENT = auto()


class _MemberError(tarfile.ReadError):
    """A member that is missing or is not what it should be, by its name."""


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


def write_archive(folder: Path, manifest: Manifest, file: Path, cipher: Cipher) -> None:
    """Pack a folder's dump and settings; ``file`` appears whole or not at all."""
    manifest = manifest.model_copy(
        update={"sha256": {name: _digest(folder / name) for name in (DUMP, SETTINGS)}}
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    members = (DUMP, SETTINGS, MANIFEST)
    (folder / SUMS).write_text(
        "".join(f"{_digest(folder / name)}  {name}\n" for name in members)
    )
    (folder / SIGNATURE).write_text(_sign(folder, cipher))
    draft = folder / "archive"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as whole:
        with tarfile.open(fileobj=whole, mode="w") as tar:
            # What is small comes first: a person need not read through the dump.
            for name in (MANIFEST, SUMS, SIGNATURE, SETTINGS, DUMP):
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
            is_signed = SIGNATURE in tar.getnames()
            for name in (
                MANIFEST, SUMS, SETTINGS, DUMP, *([SIGNATURE] if is_signed else [])
            ):  # fmt: skip
                with _member(tar, name) as source, (folder / name).open("xb") as target:
                    while chunk := source.read(_CHUNK):
                        target.write(chunk)
    except (tarfile.TarError, EOFError) as error:
        # The reader's own words are English, and about its blocks.
        is_ours = isinstance(error, _MemberError)
        why = str(error) if is_ours else Words("it is no whole tar file")
        raise _damaged(file, why) from error
    except OSError as error:
        raise Unavailable(
            "%(file)s cannot be read: %(why)s",
            mend="2 GB and the backup's own size must be free in the folder TMPDIR",
            file=file,
            why=error.strerror or str(error),
        ) from error
    _check_sums(file, folder, manifest)
    return manifest


def read_seal(file: Path, folder: Path, cipher: Cipher | None) -> Seal:
    """Whether an unpacked archive was signed by a key; InvalidInput if it was changed.

    Checksums are there for accidents: whoever changes a member writes new ones.
    """
    path = folder / SIGNATURE
    if cipher is None or not path.exists():
        return Seal.ABSENT
    key, _, signature = path.read_text("ascii", "replace").strip().partition(" ")
    if key not in cipher.fingerprints:
        return Seal.ABSENT
    if not cipher.is_signed(_signed(folder), key, signature):
        raise InvalidInput(
            "%(file)s was changed after it was made: its signature does not fit",
            mend="Nothing was changed; use another backup, and look who could write "
            "where this one lay",
            file=file,
        )
    return Seal.FITS


def _sign(folder: Path, cipher: Cipher) -> str:
    return f"{cipher.fingerprints[0]} {cipher.sign(_signed(folder))}\n"


def _signed(folder: Path) -> bytes:
    """The sums cover every member, the manifest included."""
    return b"minqing backup\n" + (folder / SUMS).read_bytes()


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
        raise _MemberError(MANIFEST) from error


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        member = tar.getmember(name)
    except KeyError as error:
        raise _MemberError(name) from error
    # A sparse file of a few bytes can unpack to a full disk.
    source = tar.extractfile(member) if member.isreg() else None
    if source is None or member.issparse():
        raise _MemberError(name)
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


def _damaged(file: Path, why: str | Words) -> InvalidInput:
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
