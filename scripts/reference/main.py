"""Compares every backbone of the program with its reference network. Called by `scripts/reference/run`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

import cases
import fixtures
import measure
from values import from_generator

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "reference"
WORK = ROOT / "target" / "reference"
TEST = "train::reference_tests::networks_are_the_reference_networks"


def write_cases(name, backbone, folder):
    """The cases of a backbone, a file for each, and the list of them."""
    rows = []
    for number, (channels, size) in enumerate(backbone.cases()):
        draw = from_generator(number + 1)
        file = f"{number}.safetensors"
        save_file(measure.tensors_of_case(backbone, channels, size, draw), folder / file)
        rows.append({"file": file, "channels": channels, "height": size[0], "width": size[1]})
    content = {"name": name, "architecture": backbone.architecture, "learning_rate": backbone.learning_rate, "cases": rows}
    (folder / "cases.json").write_text(json.dumps(content, indent=1))


def build_program():
    """The program's tests, built once and copied aside, so that nothing that is built meanwhile disturbs them."""
    command = ["cargo", "test", "--locked", "--lib", "--no-run", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    built = [message["executable"] for message in messages if message.get("executable")]
    if done.returncode != 0 or len(built) != 1:
        sys.exit("scripts/reference/run: the program's tests could not be built; see above")
    WORK.mkdir(parents=True, exist_ok=True)
    return shutil.copy2(built[0], WORK / "program")


def compare(name, program):
    """Make the cases of a backbone, let the program repeat them, print its line. Whether all is within the limits."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_cases(name, cases.BACKBONES[name], folder)
    command = [program, "--ignored", "--nocapture", "--exact", TEST]
    environment = os.environ | {"BENCH_RUN_REFERENCE": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    print("\n".join(lines) or f"| {name} | no figures |", flush=True)
    shutil.rmtree(folder)
    if done.returncode != 0:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
    return done.returncode == 0 and len(lines) == 1


def check_fixtures(names):
    """Whether the committed fixtures are what would be written now."""
    good = True
    for file, make in fixtures.all_fixtures(names):
        path = FIXTURES / file
        if not path.exists() or fixtures.differ(json.loads(path.read_text()), json.loads(json.dumps(make()))):
            print(f"tests/reference/{file} is not what it should be; write it with scripts/reference/run --fixtures", file=sys.stderr)
            good = False
    return good


def write_fixtures(names):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for file, make in fixtures.all_fixtures(names):
        begin = time.time()
        (FIXTURES / file).write_text(fixtures.text(make()))
        print(f"tests/reference/{file} ({time.time() - begin:.0f} s)", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/reference/run", description=__doc__)
    parser.add_argument("--fixtures", action="store_true", help="write tests/reference instead of comparing")
    parser.add_argument("backbones", nargs="*", metavar="BACKBONE", help=f"all where none is given: {', '.join(cases.BACKBONES)}")
    arguments = parser.parse_args()
    names = arguments.backbones or list(cases.BACKBONES)
    if unknown := [name for name in names if name not in cases.BACKBONES]:
        parser.error(f"unknown: {', '.join(unknown)} (known: {', '.join(cases.BACKBONES)})")
    # One thread on both sides, so that sums are taken in the same order.
    torch.set_num_threads(1)
    if arguments.fixtures:
        write_fixtures(names)
        return 0
    program = build_program()
    print("| backbone | outputs | gradients | losses of 20 steps |\n| --- | ---: | ---: | ---: |", flush=True)
    good = [compare(name, program) for name in names]
    good.append(check_fixtures(names))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
