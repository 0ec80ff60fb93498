"""The key file: made once, private, exchanged without losing what was written."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from geo_api.db.cipher import Cipher, make_key
from geo_api.errors import NotFound, Unavailable


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "contact.key"


def test_a_key_is_made_once_and_read_by_its_owner_only(key_file: Path) -> None:
    make_key(key_file)
    blob = Cipher.read(key_file).encrypt("10012345678")
    make_key(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert Cipher.read(key_file).decrypt(blob) == "10012345678"
    assert [path.name for path in key_file.parent.iterdir()] == ["contact.key"]


def test_many_that_start_at_once_have_one_key(key_file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make_key, [key_file] * 8))
        ciphers = list(pool.map(Cipher.read, [key_file] * 8))
    blob = ciphers[0].encrypt("赵户主")
    assert {cipher.decrypt(blob) for cipher in ciphers} == {"赵户主"}


def test_a_new_key_before_the_old_one_reads_and_compares_as_before(
    key_file: Path,
) -> None:
    make_key(key_file)
    old = Cipher.read(key_file)
    blob, digest = old.encrypt("10012345678"), old.digest("10012345678")
    key_file.write_bytes(Fernet.generate_key() + b"\n" + key_file.read_bytes())
    new = Cipher.read(key_file)
    assert new.decrypt(blob) == "10012345678"
    assert new.digest("10012345678") == digest
    with pytest.raises(Unavailable, match="cannot be read with this key"):
        old.decrypt(new.encrypt("10012345678"))


@pytest.mark.parametrize("content", [b"", b"\n", b"no key\n"])
def test_a_file_without_a_key_is_refused_and_kept(
    key_file: Path, content: bytes
) -> None:
    key_file.parent.mkdir()
    key_file.write_bytes(content)
    with pytest.raises(Unavailable, match="does not hold a key"):
        Cipher.read(key_file)
    assert key_file.read_bytes() == content


def test_reading_makes_no_key(key_file: Path) -> None:
    with pytest.raises(NotFound, match="is missing"):
        Cipher.read(key_file)
    assert not key_file.exists()


def test_a_key_file_that_is_a_folder_is_refused(key_file: Path) -> None:
    key_file.mkdir(parents=True)
    with pytest.raises(Unavailable, match="cannot be used"):
        Cipher.read(key_file)
