"""Trains small runs, loads their weights in Python by the README's own lines, and compares the ages.

Each run's `model.safetensors` is loaded strictly into its reference network by the code of the README's section "Published
weights", and its exported TorchScript module by `torch.jit.load`. The films are images of noise of the networks' own size, so
that nothing but the networks is compared. The largest difference of the ages, relative to their spread, is printed for each. Called by
`scripts/reference/run`.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target" / "debug" / "bench-run"
LIMIT = 1e-5
SIDE = 64
FILMS = 40
SPEC = f"""
name: handover
data: {{ filename: {{ root: films, pattern: "{{id}}-{{age}}-{{sex}}.png", unit: years }} }}
image: {{ size: {SIDE} }}
train: {{ epochs: 8, precision: fp32, batch_size: 8 }}
head: {{ sex: true, hidden: [16] }}
backbones:
  - resnet50
  - efficientnet_v2_s
  - vit: {{ preset: tiny }}
  - vgg16: {{ train: {{ learning_rate: 1.0e-4 }} }}
  - yolo
  - cnn
"""
# For each network: a word by which its block of the README is found, what is another word in it here, and the pooling.
NETWORKS = {
    "resnet50": ('"resnet50"', {}, "avg"),
    "efficientnet_v2_s": ('"resnet50"', {'"resnet50"': '"tf_efficientnetv2_s"'}, "avg"),
    "vit": ('"resnet50"', {'"resnet50"': '"vit_tiny_patch16_224"', "num_classes=0": f"num_classes=0, img_size=({SIDE}, {SIDE})"}, "token"),
    "vgg16": ('"vgg16"', {}, "avg"),
    "yolo": ("ultralytics", {}, "avg"),
    "cnn": ("nn.MaxPool2d", {}, "flatten"),
}


def bench_run(folder, *arguments):
    done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench-run {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")


def write_films(folder):
    """Noise whose level grows with the age."""
    random = numpy.random.default_rng(1)
    (folder / "films").mkdir()
    for number in range(FILMS):
        pixels = random.integers(0, 128, (SIDE, SIDE)) + 3 * number
        Image.fromarray(pixels.astype(numpy.uint8)).save(folder / "films" / f"{number}-{number % 18}-{'FM'[number % 2]}.png")


def readme_blocks():
    section = (ROOT / "README.md").read_text().split("## Published weights")[1].split("\n## ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def network_by_readme(name, weights):
    """What the README's lines leave in `network`."""
    word, changes, _ = NETWORKS[name]
    first, *rest = readme_blocks()
    code = next(block for block in rest if word in block)
    for old, new in changes.items():
        assert old in code, f"{old} is no longer in the README's block for {name}"
        code = code.replace(old, new)
    names = {}
    exec(re.sub(r'load_file\(".*?"\)', f"load_file({str(weights)!r})", first) + code, names)
    return names["network"].eval()


def features(name, network, images):
    if name == "yolo":
        return network.model[9].conv(network.model[:9](images))
    return network.forward_features(images) if hasattr(network, "forward_features") else network(images)


def ages_by_reference(name, run, images, sex):
    """Ages in months: the reference trunk, the head by hand."""
    state = load_file(run / "model.safetensors")
    result = json.loads((run / "result.json").read_text())
    maps = features(name, network_by_readme(name, run / "model.safetensors"), images)
    pooled = {"avg": lambda: maps.mean((2, 3)), "token": lambda: maps[:, 0], "flatten": lambda: maps.flatten(1)}[NETWORKS[name][2]]()
    hidden = F.relu(F.linear(torch.cat([pooled, sex], 1), state["head.hidden.0.weight"], state["head.hidden.0.bias"]))
    standardised = F.linear(hidden, state["head.output.weight"], state["head.output.bias"])[:, 0].double()
    return standardised * result["target_std"] + result["target_mean"]


def read_films(run, folder):
    """The predicted films, standardised as the record says, their sexes, and the ages that the record holds."""
    normalization = json.loads((run / "result.json").read_text())["normalization"]
    rows = list(csv.DictReader((run / "predictions.csv").open()))
    images, sexes = [], []
    for row in rows:
        path = next((folder / "films").glob(f"{row['id'].split('-')[0]}-*.png"))
        pixels = torch.from_numpy(numpy.array(Image.open(path))).float() / 255.0
        images.append((pixels - normalization["mean"][0]) / normalization["std"][0])
        sexes.append([1.0 if path.stem.endswith("M") else 0.0])
    ages = torch.tensor([float(row["predicted"]) for row in rows], dtype=torch.float64)
    return torch.stack(images)[:, None], torch.tensor(sexes), ages


def compare(name, folder):
    run = next((folder / "results" / "handover" / "runs").glob(f"{name}-*"))
    images, sex, recorded = read_films(run, folder)
    with torch.no_grad():
        loaded = ages_by_reference(name, run, images, sex)
        bench_run(folder, "export", str(run), "--torchscript", "module.pt", "--unit", "months")
        exported = torch.jit.load(folder / "module.pt")(images, sex)[:, 0].double()
    # By their spread: a network that tells every film the mean age is right to many digits.
    errors = [((ages - recorded).abs().max() / recorded.std()).item() for ages in (loaded, exported)]
    print(f"| {name} | {errors[0]:.1e} | {errors[1]:.1e} |", flush=True)
    return max(errors) <= LIMIT


def main():
    torch.set_num_threads(1)
    subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_films(folder)
        (folder / "spec.yaml").write_text(SPEC)
        bench_run(folder, "spec.yaml", "--device", "cpu", "--threads", "1")
        print("| weights handed over | README's lines | TorchScript |\n| --- | ---: | ---: |")
        good = [compare(network, folder) for network in NETWORKS]
    if not all(good):
        sys.exit(f"ages differ by more than {LIMIT}")


if __name__ == "__main__":
    main()
