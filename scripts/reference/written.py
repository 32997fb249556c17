"""Networks that no package has, written out in plain PyTorch: the contracting path of U-Net, the attention networks.

Nothing is taken over from the program: each follows its paper, and the products of self-attention are written out.
"""

import torch
import torch.nn.functional as F
from torch import nn


class DoubleConv(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )

    def forward(self, xs):
        return self.double_conv(xs)


class Down(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), DoubleConv(in_channels, out_channels))

    def forward(self, xs):
        return self.maxpool_conv(xs)


class UNetEncoder(nn.Module):
    """The contracting path of Ronneberger et al. 2015, with batch norms and padding, named as in milesial/Pytorch-UNet."""

    def __init__(self, channels):
        super().__init__()
        self.inc = DoubleConv(channels, 64)
        self.down1 = Down(64, 128)
        self.down2 = Down(128, 256)
        self.down3 = Down(256, 512)
        self.down4 = Down(512, 1024)

    def stages(self, xs):
        outputs = [self.inc(xs)]
        for down in (self.down1, self.down2, self.down3, self.down4):
            outputs.append(down(outputs[-1]))
        return outputs


def glorot(module):
    """Start as Keras does: weights uniform by Glorot & Bengio 2010, biases zero."""
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def bottleneck(channels):
    return max(channels // 16, 8)


class SqueezeExcite(nn.Module):
    """Hu et al. 2017, section 3."""

    def __init__(self, channels):
        super().__init__()
        self.conv_reduce = nn.Conv2d(channels, bottleneck(channels), 1)
        self.conv_expand = nn.Conv2d(bottleneck(channels), channels, 1)

    def forward(self, xs):
        squeezed = F.adaptive_avg_pool2d(xs, 1)
        return xs * torch.sigmoid(self.conv_expand(F.relu(self.conv_reduce(squeezed))))


class ChannelAttention(nn.Module):
    """Woo et al. 2018, section 3.1: one perceptron for the mean and the maximum over positions."""

    def __init__(self, channels):
        super().__init__()
        self.fc1 = nn.Linear(channels, bottleneck(channels))
        self.fc2 = nn.Linear(bottleneck(channels), channels)

    def forward(self, xs):
        mean = F.adaptive_avg_pool2d(xs, 1).flatten(1)
        largest = F.adaptive_max_pool2d(xs, 1).flatten(1)
        scale = torch.sigmoid(self.fc2(F.relu(self.fc1(mean))) + self.fc2(F.relu(self.fc1(largest))))
        return xs * scale[:, :, None, None]


class SpatialAttention(nn.Module):
    """Woo et al. 2018, section 3.2, with the batch norm of the authors' code (at the usual momentum)."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1)

    def forward(self, xs):
        pooled = torch.stack([xs.max(dim=1).values, xs.mean(dim=1)], dim=1)
        return xs * torch.sigmoid(self.bn(self.conv(pooled)))


class Cbam(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channel = ChannelAttention(channels)
        self.spatial = SpatialAttention()

    def forward(self, xs):
        return self.spatial(self.channel(xs))


class Products(nn.Module):
    """Vaswani et al. 2017, section 3.2: queries, keys and values from one linear layer, and the softmax of their products."""

    def __init__(self, width, num_heads):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.num_heads = num_heads

    def forward(self, tokens):
        query, key, value = (
            part.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for part in self.qkv(tokens).chunk(3, dim=-1)
        )
        scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
        return self.proj((scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2))


class SelfAttention(nn.Module):
    """Heads of 32 channels over the positions of a map, after a layer norm and beside a residual connection."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.attn = Products(channels, channels // 32)

    def forward(self, xs):
        tokens = xs.flatten(2).transpose(1, 2)
        return (tokens + self.attn(self.norm(tokens))).transpose(1, 2).unflatten(2, xs.shape[2:])


def conv_features(channels):
    """The trunk of `cnn`: `Conv2D` and `MaxPooling2D` of Keras as it makes them by default."""
    layers = []
    for out_channels in (32, 64, 128):
        layers += [nn.Conv2d(channels, out_channels, 3), nn.ReLU(), nn.MaxPool2d(2)]
        channels = out_channels
    return nn.Sequential(*layers)


class Gate(nn.Module):
    """Additive attention of Oktay et al. 2018, equations 1 and 2: α = σ(ψ(ReLU(θ x + φ g))), φ g brought to the size of x."""

    def __init__(self, channels, gating_channels):
        super().__init__()
        inner_channels = channels // 2
        self.theta = nn.Conv2d(channels, inner_channels, 1, bias=False)
        self.phi = nn.Conv2d(gating_channels, inner_channels, 1)
        self.psi = nn.Conv2d(inner_channels, 1, 1)

    def forward(self, xs, gating):
        signal = F.interpolate(self.phi(gating), size=xs.shape[2:], mode="bilinear", align_corners=False)
        return xs * torch.sigmoid(self.psi(F.relu(self.theta(xs) + signal)))


class GatedCnn(nn.Module):
    """The last stage of the trunk is the gating signal of the two before it, as in Schlemper et al. 2019, section 3.3."""

    def __init__(self, channels):
        super().__init__()
        self.features = conv_features(channels)
        self.attention = nn.ModuleList([Gate(width, 128) for width in (32, 64)])
        self.apply(glorot)

    def stages(self, xs):
        first = self.features[:3](xs)
        second = self.features[3:6](first)
        last = self.features[6:](second)
        gated = [gate(stage, last) for gate, stage in zip(self.attention, (first, second), strict=True)]
        pooled = [F.adaptive_avg_pool2d(stage, last.shape[2:]) for stage in gated]
        return [*gated, torch.cat([*pooled, last], dim=1)]


class AttentionCnn(nn.Module):
    """A block after each stage of the trunk."""

    def __init__(self, channels, block):
        super().__init__()
        self.features = conv_features(channels)
        self.attention = nn.ModuleList([block(width) for width in (32, 64, 128)])
        self.apply(glorot)

    def stages(self, xs):
        outputs = []
        for index, block in enumerate(self.attention):
            xs = block(self.features[3 * index : 3 * index + 3](xs))
            outputs.append(xs)
        return outputs
