"""The networks that come from Keras notebooks, made by Keras, which computes with PyTorch here.

Keras keeps images as [N, H, W, C] and kernels as [height, width, in, out]; `ours` shows each tensor in the program's order.
"""

import keras
import torch


class KerasReference:
    """`Conv2D` with ReLU and `MaxPooling2D` as often as there are filters, then `Flatten` and `Dense`."""

    def __init__(self, channels, filters, dtype):
        self.dtype = str(dtype).removeprefix("torch.")
        self.convs = []
        for out_channels in filters:
            conv = keras.layers.Conv2D(out_channels, 3, activation="relu", dtype=self.dtype)
            conv.build((None, None, None, channels))
            self.convs.append(conv)
            channels = out_channels
        self.pool = keras.layers.MaxPooling2D(dtype=self.dtype)
        self.dense = None

    def add_head(self, images, width=512):
        with torch.no_grad():
            _, self.channels, self.height, self.width = self.stages(images)[-1].shape
        self.flatten = keras.layers.Flatten(dtype=self.dtype)
        self.dense = [keras.layers.Dense(width, activation="relu", dtype=self.dtype), keras.layers.Dense(1, dtype=self.dtype)]
        self.dense[0].build((None, self.height * self.width * self.channels))
        self.dense[1].build((None, width))
        return self

    def tensors(self):
        named = {f"features.{3 * index}": conv for index, conv in enumerate(self.convs)}
        if self.dense is not None:
            named |= {"head.hidden.0": self.dense[0], "head.output": self.dense[1]}
        tensors = {}
        for name, layer in named.items():
            tensors[f"{name}.weight"] = layer.kernel.value
            tensors[f"{name}.bias"] = layer.bias.value
        return tensors

    def ours(self, name, tensor):
        if name.endswith("bias"):
            return tensor
        if name.startswith("features"):
            return tensor.permute(3, 2, 0, 1)
        if name == "head.hidden.0.weight":
            return tensor.view(self.height, self.width, self.channels, -1).permute(3, 2, 0, 1)
        return tensor.t()

    def our_shape(self, name):
        shape = self.ours(name, self.tensors()[name]).shape
        return torch.Size([shape[0], shape[1:].numel()]) if name == "head.hidden.0.weight" else shape

    def _stages(self, images):
        xs = images.permute(0, 2, 3, 1)
        for conv in self.convs:
            xs = self.pool(conv(xs))
            yield xs

    def stages(self, images):
        return [xs.permute(0, 3, 1, 2) for xs in self._stages(images)]

    def predict(self, images):
        return self.dense[1](self.dense[0](self.flatten(list(self._stages(images))[-1])))

    def train(self, _mode=True):
        """There is nothing that trains otherwise than it evaluates: dropout is 0."""
        return self

    def eval(self):
        return self

    def check(self, images):
        """The stages are those of a `Sequential` of the layers."""
        layers = [layer for conv in self.convs for layer in (conv, self.pool)]
        with torch.no_grad():
            whole = keras.Sequential(layers)(images.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            assert torch.equal(self.stages(images)[-1], whole), "the stages are not those of the network"
