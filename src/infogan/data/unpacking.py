"""How much a packed file may say that it unpacks to, asked before any of it is."""

from infogan.errors import UserError

UNPACKED, RATIO = 2**28, 200
"""What says it unpacks to more bytes than this, and to so many times its size, is a bomb."""


def check_unpacking(what: str, unpacked: int, packed: int) -> None:
    """UserError where so few bytes are said to unpack to so many."""
    if unpacked > UNPACKED and unpacked > RATIO * packed:
        raise UserError(
            f"{what}: {packed:,} bytes are said to unpack to {unpacked:,}, as no images do"
        )
