"""Opens a vault by docs/vault-format.md alone: open_vault.py FILE, password on standard input.

Needs the packages argon2-cffi and cryptography; shares no code with tatum-kms.
"""
import hashlib
import hmac
import struct
import sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FIELDS = ">8sBBBxIII16s32s12sQ16s32s"
NAMES = "magic version kdf cipher memory passes lanes argon2_salt file_salt nonce body_len check checksum"


def derive(master, length, info, salt=None):
    return HKDF(SHA256(), length, salt, b"tatum-kms/v1/" + info).derive(master)


def open_vault(file, password):
    header, body = file[:140], file[140:]
    h = dict(zip(NAMES.split(), struct.unpack(FIELDS, header)))
    assert h["magic"] == b"\x89KMSV\r\n\x1a" and h["version"] == 1, "not a vault of version 1"
    assert hashlib.sha256(header[:108]).digest() == h["checksum"], "damaged header"
    assert (h["kdf"], h["cipher"]) == (1, 1), "unknown algorithms"
    master = hash_secret_raw(password, h["argon2_salt"], h["passes"], h["memory"], h["lanes"], 32, Type.ID)
    assert hmac.compare_digest(derive(master, 16, b"password-check"), h["check"]), "wrong password"
    assert len(body) == h["body_len"], "damaged body"
    return AESGCM(derive(master, 32, b"vault", h["file_salt"])).decrypt(h["nonce"], body, header)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as vault:
        sys.stdout.buffer.write(open_vault(vault.read(), sys.stdin.buffer.read()))
