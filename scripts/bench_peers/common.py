"""What the peers share: the job that is handed to them, the table of labels, what they report."""

import csv
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """One network to train, as a JSON object in the first argument."""

    backbone: str
    size: int
    batch: int
    epochs: int
    learning_rate: float
    threads: int
    images: str
    labels: str
    split: str
    precision: str = "fp32"

    def parts(self):
        """(path, age in months) of the training and of the validation films."""
        with open(self.labels, newline="") as file:
            ages = {row["id"]: float(row["boneage"]) for row in csv.DictReader(file)}
        with open(self.split, newline="") as file:
            splits = {row["id"]: row["split"] for row in csv.DictReader(file)}
        folder = Path(self.images)
        return [[(str(folder / f"{name}.png"), ages[name]) for name in ages if splits[name] == part] for part in ("train", "val")]


def read_job():
    job = Job(**json.loads(sys.argv[1]))
    # Before any library that starts threads.
    os.environ["OMP_NUM_THREADS"] = str(job.threads)
    return job


def standardised(ages):
    """Ages of the training films in standard deviations from their mean, and both numbers."""
    mean = sum(ages) / len(ages)
    std = (sum((age - mean) ** 2 for age in ages) / len(ages)) ** 0.5
    return mean, std


class Report:
    """When the first step began, what each epoch took, and the number of parameters: a line of JSON for scripts/bench-peers."""

    def __init__(self):
        self.ready = None
        self.epochs = []

    def begin_epoch(self):
        self.start = time.time()
        self.ready = self.ready or self.start

    def end_epoch(self, val_mae):
        self.epochs.append(time.time() - self.start)
        print(f"epoch {len(self.epochs)}: {self.epochs[-1]:.2f} s, validation MAE {val_mae:.1f} months", file=sys.stderr)

    def close(self, parameters):
        print(json.dumps({"ready": self.ready, "epochs": self.epochs, "parameters": parameters}))
