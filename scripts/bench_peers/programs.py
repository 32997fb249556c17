"""The programs that are compared: each is run as a process of its own and answers with the same figures."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KERAS_HAS = {"vgg16", "vgg19", "resnet50", "efficientnet_v2_s", "cnn", "attention", "unet"}


@dataclass(frozen=True)
class Measurement:
    """Of one process that trained one network."""

    epochs: list
    """Seconds of each epoch with its validation."""
    startup: float
    """Seconds from the start of the process to its first step."""
    wall: float
    """Seconds of the whole process."""
    peak_mib: float
    """Largest resident memory of the process, or of the largest of its children."""
    parameters: int
    overhead: float | None = None
    """Share of an epoch that is neither forward, backward, update nor validation; where the program says it."""


class Failed(Exception):
    pass


def run(command, environment, log):
    """Standard output, seconds and largest memory of a process that ends well."""
    begun = time.time()
    with open(log, "ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=os.environ | environment, cwd=ROOT)
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{' '.join(map(str, command[:3]))} ended with {process.returncode}; see {log}")
    return output, begun, time.time() - begun, usage.ru_maxrss / 1024


def peer(script, job, log):
    """A Python peer: it prints a line of JSON (common.Report)."""
    output, begun, wall, peak = run([sys.executable, HERE / script, json.dumps(job)], {}, log)
    report = json.loads(output.splitlines()[-1])
    return Measurement(report["epochs"], report["ready"] - begun, wall, peak, report["parameters"])


def spec(job):
    return {
        "title": "Bench",
        "data": {"rsna": {"images": job["images"], "labels": job["labels"]}},
        "image": {"size": job["size"]},
        "split": {"file": job["split"]},
        "train": {"epochs": job["epochs"], "batch_size": job["batch"], "learning_rate": job["learning_rate"]},
        "backbones": [job["backbone"]],
    }


def bench_run(program, job, work, log):
    """The program itself, with an empty cache of films: it decodes them like the others."""
    for folder in ("cache", "results"):
        shutil.rmtree(work / folder, ignore_errors=True)
    path = work / "bench.yaml"
    # JSON is YAML.
    path.write_text(json.dumps(spec(job)))
    command = [program, "run", path, "--device", "cpu", "--quiet", "--threads", str(job["threads"]), "--results", work / "results"]
    _, begun, wall, peak = run(command, {"BENCH_RUN_CACHE": str(work / "cache"), "OMP_NUM_THREADS": str(job["threads"])}, log)
    (timing,) = (work / "results").glob("*/runs/*/timing.csv")
    with open(timing, newline="") as file:
        rows = list(csv.DictReader(file))
    epochs = [float(row["train_seconds"]) + float(row["val_seconds"]) for row in rows]
    # The file is written anew after every epoch.
    ready = timing.stat().st_mtime - sum(epochs)
    overhead = None
    if rows[0].get("overhead_seconds"):
        overhead = sum(float(row["overhead_seconds"]) for row in rows[1:]) / sum(epochs[1:])
    parameters = json.loads((timing.parent / "result.json").read_text())["parameters"]
    return Measurement(epochs, ready - begun, wall, peak, parameters, overhead)


def precision(job, log):
    """`fp32` or `bf16`, whichever steps faster here with the tuned peer, and what it measured."""
    output, *_ = run([sys.executable, HERE / "torch_tuned.py", json.dumps(job | {"precision": "probe"})], {}, log)
    return output.split()[0], output.strip()
