"""Text of ours in XML, whatever characters it holds."""

import re

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even as a reference."""


def writable(text: str) -> str:
    """The text with U+FFFD for what XML cannot hold: labels may have any character."""
    return _UNWRITABLE.sub("\ufffd", text)
