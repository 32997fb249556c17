"""Values for weights and images: from a formula that the tests of the program follow too, or from a seeded generator.

Either way they are uniform between -1 and 1; `fill` scales them so that every layer of a network does its share.
"""

import math
import zlib

import torch


def from_formula(name, shape):
    """Values that look random and are the same everywhere, by name and place; whole numbers until the last step."""
    phase = sum((place + 1) * byte for place, byte in enumerate(name.encode()))
    index = torch.arange(math.prod(shape))
    return (((index * index * 7919 + index * 104729 + phase * 15485863) % 1000003).float() / 500001.5 - 1.0).view(shape)


def from_generator(seed):
    """A rule that draws from a generator of its own for every name."""

    def draw(name, shape):
        generator = torch.Generator().manual_seed((seed << 32) + zlib.crc32(name.encode()))
        return torch.rand(shape, generator=generator) * 2 - 1

    return draw


def scaled(name, values):
    """The weight of that name, from values between -1 and 1.

    Norms leave their activations mostly positive. A deep network is then smooth enough that a difference of rounding stays one:
    with He's weights and norms around 1, two correct implementations in single precision differ by a tenth in their gradients.
    """
    if values.dim() in (2, 4):
        return values * math.sqrt(1.5 / math.prod(values.shape[1:]))
    if name.endswith("running_var"):
        return values + 4.0
    if name.endswith("running_mean") or values.dim() != 1:
        return values * 0.3
    return values * 0.1 + (0.2 if name.endswith("weight") else 0.5)


@torch.no_grad()
def fill(reference, draw):
    """Give every tensor of a network, trunk and head, a new value."""
    for name, tensor in reference.tensors().items():
        ours = reference.ours(name, tensor)
        ours.copy_(scaled(name, draw(name, reference.our_shape(name))).view(ours.shape))
