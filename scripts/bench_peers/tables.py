"""From measurements to ratios: pairs over alternating rounds, geometric means, Markdown and CSV."""

import csv
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import geometric_mean, median

NAMES = {
    "a": "usual PyTorch (torchvision, PIL, DataLoader, fp32, Adam)",
    "b": "hand-tuned eager PyTorch (cached bytes, channels-last, fused Adam, the faster of fp32 and bf16)",
    "c": "Keras on TensorFlow as in notebooks",
}


@dataclass(frozen=True)
class Cell:
    """One network at one size and batch."""

    backbone: str
    size: int
    batch: int
    train: int
    val: int
    precision: str
    probe: str
    rounds: list

    def seconds(self, name):
        """Mean seconds of an epoch in each round; the first epoch is warm-up."""
        return [sum(round_[name].epochs[1:]) / len(round_[name].epochs[1:]) for round_ in self.rounds]

    def has(self, name):
        return name in self.rounds[0]

    def ratios(self, name):
        """How many times as many images per second bench-run makes, in each round."""
        return [other / own for own, other in zip(self.seconds("bench-run"), self.seconds(name))]

    def images_per_second(self, name):
        return (self.train + self.val) / median(self.seconds(name))

    def median_of(self, name, figure):
        found = [getattr(round_[name], figure) for round_ in self.rounds]
        return None if None in found else median(found)


def machine():
    """Processor, number formats and cores."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    value = lambda key: next((line.split(":", 1)[1].strip() for line in info if line.startswith(key)), "?")
    flags = value("flags").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    cores = sum(line.startswith("processor") for line in info)
    return f"{value('model name')}, {cores} cores, {vectors}, {'bf16' if 'avx512_bf16' in flags else 'no bf16'}"


def spread(ratios):
    return f"{geometric_mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def rows(cells, peers):
    """One row per cell, for both formats."""
    for cell in cells:
        row = {"backbone": cell.backbone, "pixels": cell.size, "batch": cell.batch, "films": cell.train + cell.val}
        for name in ["bench-run", *peers]:
            there = cell.has(name)
            row[f"{name} images/s"] = f"{cell.images_per_second(name):.1f}" if there else ""
        row["precision of b"] = cell.precision if cell.has("b") else ""
        for name in peers:
            row[f"ratio to {name}"] = spread(cell.ratios(name)) if cell.has(name) else ""
        for name in ["bench-run", *peers]:
            row[f"{name} start-up s"] = f"{cell.median_of(name, 'startup'):.1f}" if cell.has(name) else ""
        for name in ["bench-run", *peers]:
            row[f"{name} peak MiB"] = f"{cell.median_of(name, 'peak_mib'):.0f}" if cell.has(name) else ""
        overhead = cell.median_of("bench-run", "overhead")
        row["overhead"] = "" if overhead is None else f"{100 * overhead:.2f} %"
        yield row


def table_seconds(cells, name, epochs=10, films=400):
    """What ten epochs of each measured network would take with 400 films, at the speed measured: the table `10epoch`."""
    measured = [cell for cell in cells if cell.has(name)]
    return sum(cell.median_of(name, "startup") + epochs * films / cell.images_per_second(name) for cell in measured)


def summary(cells, peers):
    for name in peers:
        paired = [cell for cell in cells if cell.has(name)]
        if not paired:
            continue
        ratios = [geometric_mean(cell.ratios(name)) for cell in paired]
        least = min(zip(ratios, paired), key=lambda pair: pair[0])
        memory = geometric_mean([cell.median_of("bench-run", "peak_mib") / cell.median_of(name, "peak_mib") for cell in paired])
        noise = median(max(cell.ratios(name)) / min(cell.ratios(name)) for cell in paired)
        yield (
            f"| {name} | {NAMES[name]} | {geometric_mean(ratios):.2f} | {least[0]:.2f} ({least[1].backbone}, {least[1].size} px, "
            f"batch {least[1].batch}) | {memory:.2f} | {(noise - 1) * 100:.0f} % |"
        )


def markdown(cells, given):
    peers = [name for name in given.peers if any(cell.has(name) for cell in cells)]
    found = list(rows(cells, peers))
    lines = [
        f"# bench-run and its peers, {time.strftime('%Y-%m-%d')}",
        "",
        f"{machine()}; {given.threads} threads; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "pillow", "tensorflow-cpu", "keras"))
        + f". {given.rounds} alternating rounds; epochs with validation, after one that is not counted: {given.epochs}. Films: {given.data.name}.",
        "",
        "Ratios are images per second of bench-run over those of the peer, as geometric means over rounds, with the smallest and the largest.",
        "",
        "| | peer | geometric mean | smallest | peak memory, ours over theirs | spread over rounds (median) |",
        "| --- | --- | ---: | --- | ---: | ---: |",
        *summary(cells, peers),
        "",
        "| " + " | ".join(found[0]) + " |",
        "| --- |" + " ---: |" * (len(found[0]) - 1),
        *("| " + " | ".join(map(str, row.values())) + " |" for row in found),
        "",
        "Reckoned from these for the networks above (ten epochs over 400 films each, as in `experiments/10epoch.yaml`): "
        + ", ".join(f"{name} {table_seconds(cells, name) / 60:.0f} min" for name in ["bench-run", *peers])
        + ".",
    ]
    return "\n".join(lines) + "\n"


def write(folder, cells, given):
    (folder / "peers.md").write_text(markdown(cells, given))
    found = list(rows(cells, [name for name in given.peers if any(cell.has(name) for cell in cells)]))
    with open(folder / "peers.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, found[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
