"""Trains the same networks on the same films with bench-run and its peers, in alternating rounds, and writes the ratios.

Called by scripts/bench-peers, which says what the options are.
"""

import argparse
import dataclasses
import json
import math
import sys
from functools import partial
from pathlib import Path

import films
import programs
import tables

BACKBONES = ["vgg19", "vgg16", "cnn", "unet", "attention", "efficientnet_v2_s", "resnet50", "vit", "yolo"]
PEERS = {"a": "torch_usual.py", "b": "torch_tuned.py", "c": "keras_usual.py"}


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench-peers", description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, required=True, help="folder of films in the layout of the RSNA challenge (default: drawn ones)")
    parser.add_argument("--quick", action="store_true", help="96 pixels, batches of 16, two rounds, short epochs")
    parser.add_argument("--backbones", nargs="+", choices=BACKBONES, default=BACKBONES, metavar="NAME")
    parser.add_argument("--sizes", nargs="+", type=int)
    parser.add_argument("--batches", nargs="+", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--epochs", type=int, default=2, help="counted epochs, after one that is not (default: 2)")
    parser.add_argument("--gflops", type=float, help="length of an epoch: floating-point operations of its forward passes, in billions")
    parser.add_argument("--films", type=int, default=320, help="most training films of an epoch (default: 320)")
    parser.add_argument("--peers", default="abc", help="which of a, b and c (default: abc)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=programs.ROOT / "results" / "bench")
    given = parser.parse_args()
    usual = ([96], [16], 2, 60.0) if given.quick else ([96, 128], [16, 32], 3, 300.0)
    for name, value in zip(("sizes", "batches", "rounds", "gflops"), usual):
        if getattr(given, name) is None:
            setattr(given, name, value)
    return given


def training_films(gflops, batch, given):
    """Whole batches that together take about so many operations: at least two, at most as many as asked for."""
    batches = round(given.gflops / gflops / batch)
    return min(max(batches, 2), max(given.films // batch, 2)) * batch


def known_networks(program, size, work):
    """Billions of operations for one film, by backbone."""
    output, *_ = programs.run([program, "backbones", "--size", str(size), "--json"], {}, work / "log.txt")
    # The first variant of each is the one that its bare name means.
    return {row["name"]: row["gflops"] for row in reversed(json.loads(output))}


def check_parameters(measured, job):
    """PyTorch's networks are the program's own, value for value."""
    ours = measured["bench-run"].parameters
    for name in ("a", "b"):
        if name in measured and measured[name].parameters != ours:
            sys.exit(f"bench-peers: {job['backbone']} has {measured[name].parameters} parameters in ({name}), and {ours} in bench-run")


def cell(given, work, job, log):
    """All rounds of one network, size and batch: by program, a measurement per round."""
    precision, measured = programs.precision(job, log)
    runners = {"bench-run": partial(programs.bench_run, given.program, job, work, log)}
    for name in given.peers:
        if name != "c" or job["backbone"] in programs.KERAS_HAS:
            runners[name] = partial(programs.peer, PEERS[name], job | {"precision": precision}, log)
    rounds = []
    for number in range(given.rounds):
        # Whoever begins a round is another one each time.
        names = list(runners)[number % len(runners) :] + list(runners)[: number % len(runners)]
        rounds.append({name: runners[name]() for name in names})
        check_parameters(rounds[-1], job)
        for name, found in rounds[-1].items():
            print(f"    {number + 1} {name:9} {' '.join(f'{seconds:.2f}' for seconds in found.epochs)} s, {found.peak_mib:.0f} MiB", file=sys.stderr)
    return precision, measured, rounds


def main():
    given = arguments()
    work = programs.ROOT / "target" / "bench-peers" / "work"
    work.mkdir(parents=True, exist_ok=True)
    log = work / "log.txt"
    log.unlink(missing_ok=True)
    given.out.mkdir(parents=True, exist_ok=True)
    cells = []
    for size in given.sizes:
        gflops = known_networks(given.program, size, work)
        for batch in given.batches:
            for backbone in given.backbones:
                train = training_films(gflops[backbone], batch, given)
                val = math.ceil(train / 4)
                job = {"backbone": backbone, "size": size, "batch": batch, "epochs": given.epochs + 1, "threads": given.threads}
                job |= {"learning_rate": 1e-4, **films.parts(given.data, train, val, work)}
                print(f"{backbone} {size} px, batch {batch}, {train} + {val} films", file=sys.stderr)
                precision, measured, rounds = cell(given, work, job, log)
                cells.append(tables.Cell(backbone, size, batch, train, val, precision, measured, rounds))
                # After every cell: what was measured stays when the rest is interrupted.
                tables.write(given.out, cells, given)
    raw = [dataclasses.asdict(cell) for cell in cells]
    (work / "raw.json").write_text(json.dumps(raw, indent=1))
    print(tables.markdown(cells, given))


main()
