"""Which networks are compared, and at which sizes."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

os.environ["KERAS_BACKEND"] = "torch"
os.environ["YOLO_VERBOSE"] = "false"

import networks
import written
from keras_networks import KerasReference


@dataclass(frozen=True)
class Backbone:
    """A variant of a backbone: the program's setting for it, its reference, two sizes, images in a batch."""

    architecture: object
    source: str
    make: Callable
    sizes: tuple
    batch: int = 4
    hidden: int = 512
    learning_rate: float = 1e-5
    fixture: bool = True

    def build(self, channels, size, dtype):
        """The reference with fresh weights."""
        if self.source.startswith("keras"):
            return self.make(channels, dtype=dtype)
        return self.make(channels, size).to(dtype)

    def cases(self):
        """(channels, (height, width)) of every case."""
        return [(channels, size) for channels in (1, 3) for size in self.sizes]


def _vit(preset, patch_size, sizes, **options):
    name = f"vit_{preset}_patch{patch_size}_224"
    architecture = {"vit": {"preset": preset, "patch_size": patch_size, "drop_path": 0.0}}
    return Backbone(architecture, f"timm {name}", partial(networks.vit, name), sizes, batch=2, **options)


def _attention(kind, make):
    return Backbone({"attention": {"kind": kind}}, "written out", partial(networks.attention, make), ((32, 32), (45, 38)), batch=2)


def _yolo(scale):
    sizes = ((64, 64), (65, 50))
    return Backbone({"yolo": {"scale": scale}}, f"ultralytics yolov8{scale}-cls", partial(networks.yolo, scale), sizes)


def _vgg(name):
    # Beside many max-pools, larger steps make two correct implementations part; so it is for `unet`.
    sizes = ((32, 32), (33, 40))
    return Backbone(name, f"timm {name}", partial(networks.vgg, name), sizes, batch=1, learning_rate=1e-6)


BACKBONES = {
    "vgg16": _vgg("vgg16"),
    "vgg19": _vgg("vgg19"),
    "resnet50": Backbone("resnet50", "timm resnet50", networks.resnet50, ((64, 64), (65, 50))),
    "efficientnet_v2_s": Backbone(
        {"efficientnet_v2_s": {"drop_path": 0.0}}, "timm tf_efficientnetv2_s", networks.efficientnet_v2_s, ((64, 64), (65, 50))
    ),
    "vit_tiny_16": _vit("tiny", 16, ((64, 64), (48, 80))),
    "vit_small_16": _vit("small", 16, ((64, 64), (48, 80))),
    "vit_small_32": _vit("small", 32, ((64, 64), (96, 64))),
    "vit_base_16": _vit("base", 16, ((48, 48), (32, 64)), fixture=False),
    "unet": Backbone("unet", "written out, named as milesial/Pytorch-UNet", networks.unet, ((32, 32), (35, 40)), learning_rate=1e-6),
    "cnn": Backbone("cnn", "keras", partial(KerasReference, filters=(32, 64, 128)), ((32, 32), (45, 38)), batch=2),
    "attention_se": _attention("se", partial(written.AttentionCnn, block=written.SqueezeExcite)),
    "attention_cbam": _attention("cbam", partial(written.AttentionCnn, block=written.Cbam)),
    "attention_self": _attention("self", partial(written.AttentionCnn, block=written.SelfAttention)),
    "attention_gate": _attention("gate", written.GatedCnn),
    "yolo_n": _yolo("n"),
    "yolo_s": _yolo("s"),
    "yolo_m": _yolo("m"),
    "cervical_cnn": Backbone(
        "cervical_cnn", "keras", partial(KerasReference, filters=(32,)), ((16, 16), (13, 22)), batch=2, hidden=128
    ),
}


def images(backbone, channels, size, draw, dtype, name="images", batches=1):
    """Images in the memory order that the program uses."""
    return networks.channels_last(draw(name, (batches * backbone.batch, channels, *size)).to(dtype))
