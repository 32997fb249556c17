"""The films that all programs read: a folder in the layout of the RSNA challenge, of which some are trained on."""

import csv
from pathlib import Path


def layout(folder):
    """The folder of <id>.png and the table of labels inside `folder`."""
    labels = next(iter(sorted(Path(folder).glob("*.csv"))), None)
    images = next((path for path in sorted(Path(folder).iterdir()) if path.is_dir() and next(path.glob("*.png"), None)), None)
    if labels is None or images is None:
        raise SystemExit(f"bench-peers: {folder} should hold a folder of <id>.png and a table with the columns id, boneage, male")
    return images, labels


def parts(folder, train, val, work):
    """Tables of labels and of parts for so many films."""
    images, labels = layout(folder)
    with open(labels, newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) < train + val:
        raise SystemExit(f"bench-peers: {folder} holds {len(rows)} films, and {train + val} are needed")
    rows = rows[: train + val]
    # A folder with just these films, since a film without a label is refused.
    chosen = work / f"films-{train}-{val}"
    chosen.mkdir(parents=True, exist_ok=True)
    for row in rows:
        link = chosen / f"{row['id']}.png"
        if not link.is_symlink():
            link.symlink_to((images / link.name).resolve())
    write(work / "labels.csv", [{name: row[name] for name in ("id", "boneage", "male")} for row in rows])
    write(work / "split.csv", [{"id": row["id"], "split": "train" if number < train else "val"} for number, row in enumerate(rows)])
    return {"images": str(chosen), "labels": str(work / "labels.csv"), "split": str(work / "split.csv")}


def write(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
