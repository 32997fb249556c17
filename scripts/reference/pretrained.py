"""Serves random weights of the reference networks on a loopback hub, starts runs from them, and compares what the runs hold.

Each network is made by timm or ultralytics for colour films and with its classifier, and saved as they publish it. A run over grey films
starts from it with a frozen trunk, so that its `model.safetensors` must hold the same trunk, the first convolution summed over its
channels. Called by `scripts/reference/run`.
"""

import hashlib
import json
import os
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import timm
import torch
from safetensors.torch import load_file, save
from ultralytics.nn.tasks import ClassificationModel

from handover import bench_run, write_films

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STEMS = {"resnet50": "conv1.weight", "efficientnet_v2_s": "conv_stem.weight", "vit": "patch_embed.proj.weight", "vgg16": "features.0.weight", "yolo": "model.0.conv.weight"}
CLASSIFIERS = {"resnet50": "fc.", "efficientnet_v2_s": "classifier.", "vit": "head.", "vgg16": ("pre_logits.", "head."), "yolo": "model.9.linear."}
SPEC = """
name: pretrained
data: { filename: { root: films, pattern: "{id}-{age}-{sex}.png", unit: years } }
image: { size: 64 }
train: { epochs: 1, precision: fp32, batch_size: 8 }
head: { hidden: [16] }
backbones:
  - resnet50: { weights: "hf:reference/resnet50", freeze: backbone }
  - efficientnet_v2_s: { weights: "hf:reference/efficientnet_v2_s", freeze: backbone }
  - vit: { preset: tiny, weights: "hf:reference/vit", freeze: backbone }
  - vgg16: { weights: "hf:reference/vgg16", freeze: backbone }
  - yolo: { weights: "hf:reference/yolo", freeze: backbone }
"""


def networks():
    torch.manual_seed(5)
    return {
        "resnet50": timm.create_model("resnet50"),
        "efficientnet_v2_s": timm.create_model("tf_efficientnetv2_s"),
        "vit": timm.create_model("vit_tiny_patch16_224"),
        "vgg16": timm.create_model("vgg16"),
        "yolo": ClassificationModel("yolov8n-cls.yaml", verbose=False),
    }


def hub(states):
    """A server that answers for `reference/NAME` as the hub does for a large file."""
    files = {name: save({key: tensor.contiguous() for key, tensor in state.items()}) for name, state in states.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            owner, name, _, _, file = self.path.strip("/").split("/")
            content = files.get(name) if (owner, file) == ("reference", "model.safetensors") else None
            self.send_response(200 if content else 404)
            self.send_header("X-Repo-Commit", COMMIT)
            if content:
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            else:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if body and content:
                self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def difference(name, run, state):
    """Largest relative difference of a trunk tensor, after what had to be changed."""
    found = load_file(run / "model.safetensors")
    report = json.loads((run / "weights.json").read_text())
    assert {adapted["name"] for adapted in report["adapted"]} == {STEMS[name]} | ({"pos_embed"} if name == "vit" else set()), report["adapted"]
    assert report["unexpected"] == [] and report["left_out"], report
    assert all(left.startswith(CLASSIFIERS[name]) for left in report["left_out"]), report["left_out"]
    largest = 0.0
    for key in report["loaded"] + [STEMS[name]]:
        expected = state[key].sum(1, keepdim=True) if key == STEMS[name] else state[key]
        largest = max(largest, ((found[key] - expected).abs().max() / expected.abs().max().clamp_min(1e-12)).item())
    return largest


def main():
    states = {name: network.state_dict() for name, network in networks().items()}
    server = hub(states)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HF_TOKEN", "HF_HUB_CACHE", "HF_HUB_OFFLINE"):
            os.environ.pop(variable, None)
        os.environ |= {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(folder / "hub")}
        write_films(folder)
        (folder / "spec.yaml").write_text(SPEC)
        bench_run(folder, "spec.yaml", "--device", "cpu", "--threads", "1")
        print("| weights taken over | largest relative difference |\n| --- | ---: |")
        good = True
        for network, state in states.items():
            run = next((folder / "results" / "pretrained" / "runs").glob(f"{network}-*"))
            largest = difference(network, run, state)
            good = good and largest <= 1e-6
            print(f"| {network} | {largest:.1e} |", flush=True)
    if not good:
        sys.exit("a run does not hold the weights that it started from")


if __name__ == "__main__":
    main()
