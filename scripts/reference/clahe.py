"""Equalises two small films by OpenCV's CLAHE and writes tests/reference/clahe.json, which the test of `prepare` reads.

    python -m pip install opencv-python-headless==5.0.0.93 && python scripts/reference/clahe.py
"""

import json
from pathlib import Path

import cv2
import numpy

TARGET = Path(__file__).resolve().parents[2] / "tests" / "reference" / "clahe.json"
# Height, width, clip limit, tiles: dividing in both directions, in none, in one, and tiles larger than the film's parts.
CASES = [(24, 32, 2.0, 4), (37, 29, 3.0, 8), (24, 30, 1.5, 4), (5, 3, 40.0, 8)]


def film(height, width, kind):
    """The pattern that the test draws as well: a slope, a disc and a texture."""
    y, x = numpy.mgrid[:height, :width].astype(numpy.int64)
    disc = (2 * y - height) ** 2 + (2 * x - width) ** 2 < (height * height) // 2
    levels = 20 + 2 * y + x + 60 * disc + (y * 31 + x * 47 + y * x * 5) % 23
    return levels.astype(numpy.uint8) if kind == "u8" else (levels * 257 + (y * 7 + x * 13) % 251).astype(numpy.uint16)


rows = []
for height, width, clip_limit, tiles in CASES:
    for kind in ("u8", "u16"):
        equalised = cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=(tiles, tiles)).apply(film(height, width, kind))
        rows.append(
            {"height": height, "width": width, "clip_limit": clip_limit, "tiles": tiles, "kind": kind, "levels": equalised.ravel().tolist()}
        )
TARGET.write_text("[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n")
