"""Encryption of contacts, with a key file that no backup contains."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from geo_api.errors import NotFound, Unavailable


class Cipher:
    """Encrypts with the newest key and reads with any; derives keyed digests."""

    def __init__(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        # Tells keys apart without telling anything of them; newest first.
        self.fingerprints = tuple(
            hashlib.sha256(b"fingerprint:" + key).hexdigest()[:32] for key in keys
        )
        self._signing = {
            name: hashlib.sha256(b"signature:" + key).digest()
            for name, key in zip(self.fingerprints, keys, strict=True)
        }
        # The oldest key, so that digests stay comparable when a key is added.
        self._digest_key = hashlib.sha256(b"digest:" + keys[-1]).digest()

    @classmethod
    def read(cls, path: Path) -> Cipher:
        """Read the key file: one key a line, newest first."""
        try:
            keys = path.read_bytes().split()
        except FileNotFoundError as error:
            raise NotFound(
                "The key file %(path)s is missing",
                mend="Restore it from where it is kept apart from the backup; without "
                "it contacts stay unreadable",
                path=path,
            ) from error
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            return cls(keys)
        except (ValueError, IndexError) as error:
            raise Unavailable(
                "The key file %(path)s does not hold a key",
                mend="Restore the key file that belongs to this database",
                path=path,
            ) from error

    def encrypt(self, text: str) -> bytes:
        """Ciphertext of a text."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, blob: bytes) -> str:
        """The text again; a foreign key file is told apart from damage."""
        try:
            return self._fernet.decrypt(blob).decode()
        except InvalidToken as error:
            raise Unavailable(
                "Contacts cannot be read with this key file",
                mend="Restore the key file that belongs to this database",
            ) from error

    def opens(self, blob: bytes) -> bool:
        """Whether one of the keys made this ciphertext."""
        try:
            self._fernet.decrypt(blob)
        except InvalidToken:
            return False
        return True

    def sign(self, blob: bytes) -> str:
        """A signature by the newest key, in hexadecimal digits."""
        return self._signature(blob, self.fingerprints[0])

    def is_signed(self, blob: bytes, fingerprint: str, signature: str) -> bool:
        """Whether the key of a fingerprint, which must be here, signed this."""
        ours = self._signature(blob, fingerprint)
        return hmac.compare_digest(ours.encode(), signature.encode())

    def _signature(self, blob: bytes, fingerprint: str) -> str:
        return hmac.digest(self._signing[fingerprint], blob, "sha256").hex()

    def digest(self, text: str) -> bytes:
        """A keyed digest (32 bytes): compares equal texts without storing them."""
        return hmac.digest(self._digest_key, text.encode(), "sha256")


def make_key(path: Path) -> None:
    """Make the key file; one that somebody else made meanwhile stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Linked into place whole: a second process never reads half a key.
        descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        Path(draft).unlink()
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "The key file %(path)s cannot be used: %(why)s",
        mend="Give it to the user that runs the service: mode 600",
        path=path,
        why=error.strerror or str(error),
    )
