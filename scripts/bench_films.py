"""The OpenCV side of scripts/bench-films, and what both sides read.

make PHANTOMS OUT             film-like sets as JPEG (grey, and saved in colour; quality 90) and as PNG (8 and 16 bit) of the PNG films
                              in PHANTOMS, scaled to 1000 to 2000 pixels
decode FOLDER SIDE            films and seconds of one core for reading, decoding and resizing each of a folder's films, on one thread
fixtures OUT                  the small JPEG films of tests/films
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)

QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]


def make(phantoms, out):
    """Hands of 1000, 1333, 1667 and 2000 pixels, with the grain that they were drawn with."""
    for name in ["jpeg-grey", "jpeg-colour", "png-8", "png-16"]:
        (out / name).mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    for number, path in enumerate(sorted(phantoms.glob("*.png"))):
        film = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        side = [1000, 1333, 1667, 2000][number % 4]
        film = cv2.resize(film, (side, side), interpolation=cv2.INTER_AREA if side < film.shape[0] else cv2.INTER_CUBIC)
        cv2.imwrite(str(out / "jpeg-grey" / f"{number}.jpg"), film, QUALITY)
        cv2.imwrite(str(out / "jpeg-colour" / f"{number}.jpg"), cv2.cvtColor(film, cv2.COLOR_GRAY2BGR), QUALITY)
        cv2.imwrite(str(out / "png-8" / f"{number}.png"), film)
        # Detectors give 12 bits, of which the lowest are grain.
        deep = film.astype(np.float64) * 16 + random.normal(0, 6, film.shape)
        cv2.imwrite(str(out / "png-16" / f"{number}.png"), (deep.clip(0, 4095) * 16).astype(np.uint16))


def decode(folder, side):
    paths = sorted(str(path) for path in folder.iterdir())
    cv2.imread(paths[0], cv2.IMREAD_GRAYSCALE)
    start = time.process_time()
    for path in paths:
        film = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        cv2.resize(film, (side, side), interpolation=cv2.INTER_AREA)
    print(len(paths), time.process_time() - start)


def fixtures(out):
    y, x = np.mgrid[0:53, 0:77]
    planes = [128 + 90 * np.sin(x / 9 + y / 17), 128 + 80 * np.cos(y / 11), 128 + 60 * np.sin((x + y) / 13)]
    film = np.stack(planes, -1).clip(0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 75]
    optimised = [*quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    cv2.imwrite(str(out / "colour_420_restarts.jpg"), film, [*optimised, cv2.IMWRITE_JPEG_RST_INTERVAL, 3])
    cv2.imwrite(str(out / "colour_422.jpg"), film, [*optimised, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x211111])
    cv2.imwrite(str(out / "grey_restarts.jpg"), film[..., 0], [*optimised, cv2.IMWRITE_JPEG_RST_INTERVAL, 2])
    cv2.imwrite(str(out / "grey_progressive.jpg"), film[..., 0], [*quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])


def main():
    match sys.argv[1:]:
        case ["make", phantoms, out]:
            make(Path(phantoms), Path(out))
        case ["decode", folder, side]:
            decode(Path(folder), int(side))
        case ["fixtures", out]:
            fixtures(Path(out))
        case _:
            sys.exit(__doc__)


main()
