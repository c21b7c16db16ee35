"""The pair of keys of a course: the private one signs receipts, the public one verifies them.

The library is imported by who signs or verifies: whoever only reads the archive need not wait.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from i2dl_course.errors import CourseError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PRIVATE, PUBLIC = "receipts.key", "receipts.pub"
_CLOSED_TO = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP  # a group of graders may read it


def make(root: Path) -> Path:
    """The pair of keys in the course at `root`, made where there is none; the public one's file.

    The private one is there whole or not at all, and readable for its owner alone.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = root / PRIVATE
    if not private.exists():
        data = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        aside = root / f".{PRIVATE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, private)  # unlike a rename, never over a key that is there by now
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    public = root / PUBLIC
    data = (
        load_private(root)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    if not public.exists() or public.read_bytes() != data:
        public.write_bytes(data)
    return public


def load_private(root: Path) -> Ed25519PrivateKey:
    """The private key of the course at `root`.

    Raises CourseError when there is none, when it is open to others, or when it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = root / PRIVATE
    try:
        mode, data = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        raise CourseError(
            f"There is no {path}, which receipts are signed with: put it back from your copy, for "
            "with another key nobody could verify the receipts that are given. For a new course, "
            "run `course prepare`."
        ) from None
    if mode & _CLOSED_TO:
        raise CourseError(
            f"{path} is open to others, who could sign receipts with it: run `chmod 600` on it, "
            "and if anybody could have read it, begin with a new key."
        )
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CourseError(f"{path} is no private key of Ed25519; put it back from your copy.")
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """The public key in the file `path`. Raises CourseError when there is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except FileNotFoundError:
        raise CourseError(
            f"There is no {path}: give the course's public key, {PUBLIC}, by --key."
        ) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise CourseError(f"{path} is no public key of Ed25519; give the course's {PUBLIC}.")
    return key


def name_of(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the beginning of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
