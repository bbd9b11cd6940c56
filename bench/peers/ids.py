"""What Docket makes of the clock, for both peers: ids that sort by time, and the place of a new task in the manual order."""

import os
import time
from uuid import UUID

_TURNED = str.maketrans("0123456789abcdef", "fedcba9876543210")


def uuid7() -> UUID:
    """A UUID of version 7 (RFC 9562)."""
    millis = time.time_ns() // 1_000_000
    number = (millis << 80) | int.from_bytes(os.urandom(10), "big")
    return UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def position_of(id: UUID) -> str:
    """Newer stands higher."""
    return id.hex[:24].translate(_TURNED)
