"""The program's networks for PyTorch: torchvision's where it has them, plain modules where it has not.

Every network reads grey films and ends in the same head: pooled features, 512 hidden units, one number.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

sys.path.append(str(Path(__file__).resolve().parent.parent / "reference"))
import written  # noqa: E402

HIDDEN = 512


def head(in_features):
    return nn.Sequential(nn.Linear(in_features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))


def grey(network, name):
    """With a first convolution that reads one channel."""
    conv = network.get_submodule(name)
    parent, _, child = name.rpartition(".")
    other = nn.Conv2d(1, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, bias=conv.bias is not None)
    setattr(network.get_submodule(parent), child, other)
    return network


class Pooled(nn.Module):
    """A trunk whose last map is averaged over its positions, or flattened, for the head."""

    def __init__(self, trunk, in_features, flatten=False):
        super().__init__()
        self.trunk = trunk
        self.head = head(in_features)
        self.flatten = flatten

    def forward(self, xs):
        features = self.trunk(xs)
        return self.head(features.flatten(1) if self.flatten else features.mean(dim=(2, 3)))


def vgg(name):
    network = grey(torchvision.models.get_model(name, weights=None), "features.0")
    return Pooled(network.features, 512)


def resnet50():
    network = grey(torchvision.models.resnet50(weights=None, zero_init_residual=True), "conv1")
    network.fc = head(2048)
    return network


def efficientnet_v2_s():
    network = grey(torchvision.models.efficientnet_v2_s(weights=None), "features.0.0")
    network.classifier = head(1280)
    return network


def torchvision_vit(size):
    """`vit_small_patch16` in torchvision's own blocks."""
    network = torchvision.models.VisionTransformer(
        image_size=size, patch_size=16, num_layers=12, num_heads=6, hidden_dim=384, mlp_dim=1536
    )
    network.heads = head(384)
    return grey(network, "conv_proj")


class Block(nn.Module):
    """As timm's: one product for queries, keys and values, then the fused attention."""

    def __init__(self, width, num_heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.num_heads = num_heads

    def forward(self, xs):
        images, tokens, width = xs.shape
        qkv = self.qkv(self.norm1(xs)).view(images, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*qkv.unbind(0))
        xs = xs + self.proj(mixed.transpose(1, 2).reshape(images, tokens, width))
        return xs + self.mlp(self.norm2(xs))


class TunedVit(nn.Module):
    def __init__(self, size, patch=16, width=384, num_heads=6, depth=12):
        super().__init__()
        self.patch_proj = nn.Conv2d(1, width, patch, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + (size // patch) ** 2, width))
        self.blocks = nn.Sequential(*[Block(width, num_heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = head(width)

    def forward(self, xs):
        patches = self.patch_proj(xs).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(xs), -1, -1), patches], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])


class LastStage(nn.Module):
    """The last stage of a network of scripts/reference/written.py."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, xs):
        return self.network.stages(xs)[-1]


def flattened(size):
    """Positions that three unpadded convolutions with max-pools leave, times their channels."""
    for _ in range(3):
        size = (size - 2) // 2
    return 128 * size * size


def cnn(size):
    return Pooled(written.conv_features(1), flattened(size), flatten=True)


def attention(size):
    return Pooled(LastStage(written.AttentionCnn(1, written.Cbam)), flattened(size), flatten=True)


def unet():
    return Pooled(LastStage(written.UNetEncoder(1)), 1024)


def conv(in_channels, out_channels, kernel, stride=1):
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out_channels), nn.SiLU(inplace=True)
    )


class Bottleneck(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.cv1 = conv(channels, channels, 3)
        self.cv2 = conv(channels, channels, 3)

    def forward(self, xs):
        return xs + self.cv2(self.cv1(xs))


class C2f(nn.Module):
    """As in ultralytics: half of the channels through a chain, every link of which is kept."""

    def __init__(self, channels, repeats):
        super().__init__()
        hidden = channels // 2
        self.cv1 = conv(channels, 2 * hidden, 1)
        self.m = nn.ModuleList([Bottleneck(hidden) for _ in range(repeats)])
        self.cv2 = conv((2 + repeats) * hidden, channels, 1)

    def forward(self, xs):
        parts = list(self.cv1(xs).chunk(2, 1))
        parts.extend(bottleneck(parts[-1]) for bottleneck in self.m)
        return self.cv2(torch.cat(parts, 1))


def yolo():
    """The trunk of `yolov8n-cls`."""
    layers = [conv(1, 16, 3, 2)]
    for in_channels, out_channels, repeats in ((16, 32, 1), (32, 64, 2), (64, 128, 2), (128, 256, 1)):
        layers += [conv(in_channels, out_channels, 3, 2), C2f(out_channels, repeats)]
    return Pooled(nn.Sequential(*layers, conv(256, 1280, 1)), 1280)


def build(backbone, size, tuned):
    match backbone:
        case "vgg16" | "vgg19":
            return vgg(backbone)
        case "resnet50":
            return resnet50()
        case "efficientnet_v2_s":
            return efficientnet_v2_s()
        case "vit":
            return TunedVit(size) if tuned else torchvision_vit(size)
        case "cnn":
            return cnn(size)
        case "attention":
            return attention(size)
        case "unet":
            return unet()
        case "yolo":
            return yolo()


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())
