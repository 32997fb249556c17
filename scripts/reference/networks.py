"""The reference networks behind one face: tensors by the program's names, outputs of every stage, a prediction."""

import timm
import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import ClassificationModel

import written


class Head(nn.Module):
    """Pooled features, one hidden layer with ReLU, one output."""

    def __init__(self, in_features, width):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(in_features, width)])
        self.output = nn.Linear(width, 1)

    def forward(self, features):
        return self.output(F.relu(self.hidden[0](features)))


POOLS = {
    "avg": lambda features: features.mean(dim=(2, 3)),
    "flatten": lambda features: features.flatten(1),
    "token": lambda tokens: tokens[:, 0],
}


def channels_last(tensor):
    """The same values in the order [N, H, W, C], exactly as the program makes it: equal orders mean equal kernels and roundings."""
    return tensor.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) if tensor.dim() == 4 else tensor


class TorchReference:
    """A network of PyTorch: its names are the program's."""

    def __init__(self, trunk, stages, pool, whole=None):
        self.trunk = trunk
        self.stages = stages
        self.pool = POOLS[pool]
        self.whole = whole
        self.head = None

    def add_head(self, images, width=512):
        with torch.no_grad():
            in_features = self.pool(self.eval().stages(images)[-1]).shape[1]
        self.head = Head(in_features, width).to(images.dtype)
        return self

    def tensors(self):
        """Parameters and running statistics by name."""
        state = dict(self.trunk.state_dict(keep_vars=True))
        if self.head is not None:
            state |= {f"head.{name}": tensor for name, tensor in self.head.state_dict(keep_vars=True).items()}
        return {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}

    def our_shape(self, name):
        return self.tensors()[name].shape

    def ours(self, _name, tensor):
        """A view of a tensor (or of its gradient) in the program's layout."""
        return tensor

    def predict(self, images):
        return self.head(self.pool(self.stages(images)[-1]))

    def train(self, mode=True):
        for part in (self.trunk, self.head):
            if part is not None:
                part.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def to(self, dtype):
        """In that precision, and in the memory order that the program uses."""
        self.trunk.to(dtype)
        for parameter in self.trunk.parameters():
            parameter.data = channels_last(parameter.data)
        return self

    def check(self, images):
        """The stages end in what the network's own forward pass computes."""
        if self.whole is not None:
            with torch.no_grad():
                self.eval()
                assert torch.equal(self.stages(images)[-1], self.whole(images)), "the stages are not those of the network"


class Named(nn.Module):
    """A part of a network under its name in the whole."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def vgg(name, channels, _size):
    # A classifier that is nearly nothing, because it is not used and would take most of the time.
    features = timm.create_model(name, in_chans=channels, mlp_ratio=0.01).features

    def stages(xs):
        outputs = []
        for layer in features:
            xs = layer(xs)
            if isinstance(layer, nn.MaxPool2d):
                outputs.append(xs)
        return outputs

    return TorchReference(Named(features=features), stages, "avg", features)


def resnet50(channels, _size):
    network = timm.create_model("resnet50", num_classes=0, in_chans=channels)

    def stages(xs):
        outputs = [network.act1(network.bn1(network.conv1(xs)))]
        xs = network.maxpool(outputs[0])
        for layer in (network.layer1, network.layer2, network.layer3, network.layer4):
            xs = layer(xs)
            outputs.append(xs)
        return outputs

    return TorchReference(network, stages, "avg", network.forward_features)


def efficientnet_v2_s(channels, _size, **options):
    network = timm.create_model("tf_efficientnetv2_s", num_classes=0, in_chans=channels, **options)

    def stages(xs):
        xs = network.bn1(network.conv_stem(xs))
        outputs = []
        for blocks in network.blocks:
            xs = blocks(xs)
            outputs.append(xs)
        return [*outputs, network.bn2(network.conv_head(xs))]

    return TorchReference(network, stages, "avg", network.forward_features)


def vit(name, channels, size, **options):
    network = timm.create_model(name, num_classes=0, in_chans=channels, img_size=size, **options)

    def stages(xs):
        xs = network.norm_pre(network.patch_drop(network._pos_embed(network.patch_embed(xs))))
        outputs = []
        for block in network.blocks:
            xs = block(xs)
            outputs.append(xs)
        return [*outputs[:-1], network.norm(xs)]

    return TorchReference(network, stages, "token", network.forward_features)


def yolo(scale, channels, _size):
    network = ClassificationModel(f"yolov8{scale}-cls.yaml", ch=channels, nc=1000, verbose=False)
    layers = network.model
    trunk = Named(model=nn.ModuleList([*layers[:9], Named(conv=layers[9].conv)]))

    def stages(xs):
        outputs = []
        for index, layer in enumerate([*layers[:9], layers[9].conv]):
            xs = layer(xs)
            # The stem, what follows each pair of a convolution and a C2f, the 1×1 convolution of `Classify`.
            if index % 2 == 0 or index == 9:
                outputs.append(xs)
        return outputs

    return TorchReference(trunk, stages, "avg")


def unet(channels, _size):
    trunk = written.UNetEncoder(channels)
    return TorchReference(trunk, trunk.stages, "avg")


def attention(make, channels, _size):
    trunk = make(channels)
    return TorchReference(trunk, trunk.stages, "flatten")
