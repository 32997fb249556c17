"""The fixture `gradcam.json`: Grad-CAM of two networks that are written out here in plain PyTorch.

Run by `scripts/reference/run --fixtures`, or alone, which needs nothing but PyTorch:

    python scripts/reference/gradcam.py > tests/reference/gradcam.json

Weights and images come from the formula of `values.py`; all is computed in double precision. The networks are written out anew,
layer by layer, and features and gradients are caught by a hook of autograd, so that nothing is shared with the program but the paper.
"""

import json
import math

import torch
import torch.nn.functional as F

from values import from_formula, scaled

DIGITS = 7
SAMPLES = 6


class Weights:
    """A weight for each name, made when it is asked for."""

    def __call__(self, name, *shape):
        return scaled(name, from_formula(name, shape)).double()

    def affine(self, name, xs, out):
        return F.linear(xs, self(f"{name}.weight", out, xs.shape[-1]), self(f"{name}.bias", out))

    def convolve(self, name, xs, out, kernel, stride=1):
        weight = self(f"{name}.weight", out, xs.shape[1], kernel, kernel)
        return F.conv2d(xs, weight, self(f"{name}.bias", out), stride=stride)

    def norm(self, name, xs):
        width = xs.shape[-1]
        return F.layer_norm(xs, (width,), self(f"{name}.weight", width), self(f"{name}.bias", width), eps=1e-6)


def cnn(weights, images):
    """Three convolutions of 3×3, each with ReLU and a max-pool; the map after the last is explained, and read by the head."""
    xs = images
    for place, out in [(0, 32), (3, 64), (6, 128)]:
        xs = F.max_pool2d(F.relu(weights.convolve(f"features.{place}", xs, out, 3)), 2)
    return xs, xs


def attention(weights, name, xs, heads):
    batch, tokens, width = xs.shape
    qkv = weights.affine(f"{name}.qkv", xs, 3 * width).view(batch, tokens, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    query, key, value = qkv
    shares = (query @ key.transpose(-2, -1) / math.sqrt(width // heads)).softmax(dim=-1)
    return weights.affine(f"{name}.proj", (shares @ value).transpose(1, 2).reshape(batch, tokens, width), width)


def vit(weights, images, width=192, heads=3, depth=12, patch=16):
    """ViT tiny; the tokens that enter the last block are explained, those after the last norm are read by the head."""
    patches = weights.convolve("patch_embed.proj", images, width, patch, stride=patch).flatten(2).transpose(1, 2)
    xs = torch.cat([weights("cls_token", 1, 1, width).expand(len(images), -1, -1), patches], dim=1)
    xs = xs + weights("pos_embed", 1, xs.shape[1], width)
    for block in range(depth):
        if block == depth - 1:
            explained = xs
        name = f"blocks.{block}"
        xs = xs + attention(weights, f"{name}.attn", weights.norm(f"{name}.norm1", xs), heads)
        hidden = F.gelu(weights.affine(f"{name}.mlp.fc1", weights.norm(f"{name}.norm2", xs), 4 * width))
        xs = xs + weights.affine(f"{name}.mlp.fc2", hidden, width)
    return explained, weights.norm("norm", xs)


def age(weights, features, pool):
    if pool == "token":
        xs = features[:, 0]
    elif pool == "flatten":
        xs = features.flatten(1)
    else:
        xs = features[:, 1:].mean(dim=1) if features.dim() == 3 else features.mean(dim=(2, 3))
    return weights.affine("head.output", F.relu(weights.affine("head.hidden.0", xs, 8)), 1)


def maps(network, pool, channels, height, width):
    """The coarse map with its sign, then the one of the film's size."""
    weights = Weights()
    images = from_formula("images", (2, channels, height, width)).double().requires_grad_()
    explained, features = network(weights, images)
    caught = []
    explained.register_hook(caught.append)
    age(weights, features, pool).sum().backward()
    gradient = caught[0]
    if explained.dim() == 3:
        grid = (height // 16, width // 16)
        explained, gradient = (xs[:, 1:].transpose(1, 2).reshape(len(images), -1, *grid) for xs in (explained, gradient))
    coarse = (explained * gradient.mean(dim=(2, 3), keepdim=True)).sum(dim=1).detach()
    return coarse, F.interpolate(coarse[:, None], size=(height, width), mode="bilinear", align_corners=False)[:, 0]


def rounded(values):
    return [float(f"{value:.{DIGITS}g}") for value in values]


def case(architecture, network, pool, channels, height, width):
    coarse, enlarged = maps(network, pool, channels, height, width)
    flat = enlarged.flatten()
    places = [(place * 1000003 + 17) % len(flat) for place in range(SAMPLES)]
    return {
        "architecture": architecture,
        "pool": pool,
        "channels": channels,
        "height": height,
        "width": width,
        "coarse": rounded(coarse.flatten().tolist()),
        "enlarged": rounded(flat[places].tolist()),
    }


def gradcam():
    tiny = {"vit": {"preset": "tiny", "patch_size": 16, "drop_path": 0.0}}
    return {
        "cases": [
            case("cnn", cnn, "avg", 1, 60, 44),
            case("cnn", cnn, "flatten", 3, 44, 60),
            case(tiny, vit, "token", 1, 48, 80),
            case(tiny, vit, "avg", 3, 64, 48),
        ]
    }


if __name__ == "__main__":
    rows = ",\n".join(f"  {json.dumps(row)}" for row in gradcam()["cases"])
    print(f'{{\n "cases": [\n{rows}\n ]\n}}')
