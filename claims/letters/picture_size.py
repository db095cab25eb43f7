"""The bytes of a picture or PDF come in; how large its header says that it is goes out, with nothing decoded."""

from __future__ import annotations

import re

# Frame headers of JPEG: SOF0 to SOF15 without the three of that range that are something else (DHT, JPG, DAC).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_NUMBER = rb"\s*(-?[0-9.]+)"
_BOX = re.compile(rb"/(?:Media|Crop)Box\s*\[" + _NUMBER * 4)


def picture_size(content: bytes, suffix: str) -> tuple[int, int]:
    """Give width and height: pixels of a png or jpg, points of the largest page box of a pdf; 0, 0 where none is told.

    Page boxes inside compressed streams are not seen.
    """
    return {"png": _png, "jpg": _jpeg, "pdf": _boxes}[suffix](content)


def _png(content: bytes) -> tuple[int, int]:
    """Read the first chunk (IHDR)."""
    if content[12:16] != b"IHDR" or len(content) < 24:
        return 0, 0
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg(content: bytes) -> tuple[int, int]:
    """Walk the segments to the frame headers, up to the first scan; the largest counts."""
    found, at = (0, 0), 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a filler
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker == 0xDA:
            break
        else:
            if marker in _FRAMES:
                height, width = (int.from_bytes(content[at + one : at + one + 2], "big") for one in (5, 7))
                found = max(found, (width, height), key=lambda size: size[0] * size[1])
            at += 2 + max(int.from_bytes(content[at + 2 : at + 4], "big"), 2)
    return found


def _boxes(content: bytes) -> tuple[int, int]:
    sides = [(0, 0)]
    for box in _BOX.finditer(content):
        try:
            left, bottom, right, top = (int(float(one)) for one in box.groups())
        except (ValueError, OverflowError):
            continue
        sides.append((abs(right - left), abs(top - bottom)))
    return max(one[0] for one in sides), max(one[1] for one in sides)
