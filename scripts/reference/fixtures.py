"""The fixtures of the program's tests: a few numbers per tensor, from weights that a formula makes on both sides.

They are computed in double precision, so that they do not depend on the machine that wrote them.
"""

import json
import math
import re
from contextlib import contextmanager
from functools import partial

import timm
import torch
from torch import nn
from timm.layers import resample_abs_pos_embed
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.modules.module import register_module_forward_hook
from torch.utils.flop_counter import FlopCounterMode

# Before keras, whose backend it chooses.
import cases
import keras
import measure
from gradcam import gradcam
from training import training
from values import fill, from_formula

DIGITS = 7
SAMPLES = 4
GRADIENTS = 5
# Noise of this share of the mean magnitude in the output of every layer may change no gradient by more than that.
NOISE, STABLE = 5e-7, 5e-5
TRIALS = 2
PUBLISHED_SIDE = 224


def rounded(value):
    return float(f"{value:.{DIGITS}g}")


def summary(tensor):
    """Norm, largest magnitude, and some elements."""
    flat = tensor.double().flatten()
    samples = [flat[(place * 1000003 + 17) % flat.numel()] for place in range(SAMPLES)]
    return [rounded(value.item()) for value in [flat.norm(), flat.abs().max(), *samples]]


def largest_difference(a, b):
    return max(((x - y).abs().max() / y.abs().max()).item() for x, y in zip(a, b, strict=True))


def chosen(gradients):
    """Names of a few weights, spread over the network; of tensors that start with zero gradient for certain, none."""
    names = [name for name, gradient in gradients.items() if gradient.dim() > 1] if len(gradients) > 20 else list(gradients)
    return [names[index * (len(names) - 1) // (GRADIENTS - 1)] for index in range(GRADIENTS)] if len(names) > GRADIENTS else names


@contextmanager
def noisy_layers(seed):
    """Adds to the output of every layer what rounding in single precision might."""
    generator = torch.Generator().manual_seed(seed)

    def add_noise(layer, _inputs, output):
        if not isinstance(layer, (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.LayerNorm, keras.layers.Conv2D)):
            return output
        noise = torch.rand(output.shape, generator=generator, dtype=output.dtype) * 2 - 1
        return output + NOISE * output.detach().abs().mean() * noise

    hook = register_module_forward_hook(add_noise)
    yield
    hook.remove()


def attempt(backbone, channels, size, phase, dtype=torch.float64):
    reference = backbone.build(channels, size, dtype)
    fill(reference, from_formula)
    images = cases.images(backbone, channels, size, from_formula, dtype, f"images {phase}")
    return reference, images, measure.outputs_and_gradients(reference, images, from_formula)


def case(backbone, channels, size):
    """One case, with the first images at which no ReLU and no max-pool is about to change its mind."""
    for phase in range(50):
        reference, images, (in_training, gradients, in_evaluation) = attempt(backbone, channels, size, phase)
        reference.check(images)
        names = chosen(gradients)
        # Single precision itself, then what it might have been.
        others = [attempt(backbone, channels, size, phase, torch.float32)[2][1]]
        for trial in range(TRIALS):
            with noisy_layers(trial):
                others.append(attempt(backbone, channels, size, phase)[2][1])
        wanted = [gradients[name] for name in names]
        change = max(largest_difference([other[name] for name in names], wanted) for other in others)
        if change < STABLE:
            break
        print(f"  {channels}×{size}: gradients change by {change:.1e} with images {phase}; trying others", flush=True)
    else:
        raise SystemExit(f"no stable images for {backbone.source} {channels}×{size}")
    return {
        "channels": channels,
        "height": size[0],
        "width": size[1],
        "batch": backbone.batch,
        "images": f"images {phase}",
        "stages": [summary(stage) for stage in in_evaluation],
        "training": summary(in_training[-1]),
        "gradients": {name: summary(gradients[name]) for name in names},
    }


def fnv(text):
    """The 64-bit FNV-1a hash."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{value:016x}"


def start(reference):
    """Mean, deviation and mean magnitude of the initial values of each kind of parameter: blocks of a stage are alike."""
    groups = {}
    for name, tensor in reference.tensors().items():
        if "running_" not in name:
            kind = (re.sub(r"\.\d+(?=\.)", ".*", name), tuple(reference.our_shape(name)))
            groups.setdefault(kind, []).append(tensor.detach().double().flatten())
    rows = []
    for (name, shape), tensors in groups.items():
        values = torch.cat(tensors)
        mean = values.mean()
        deviation = (values - mean).square().mean().sqrt()
        rows.append([name, list(shape), len(tensors), *(float(f"{x.item():.4g}") for x in (mean, deviation, values.abs().mean()))])
    return rows


def multiply_adds(reference):
    counter = FlopCounterMode(display=False)
    # The counter knows the plain products of attention, not their fused form.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        reference.eval().stages(torch.zeros(1, 3, PUBLISHED_SIDE, PUBLISHED_SIDE))
    return counter.get_total_flops() // 2


def fixture(backbone):
    keras.utils.set_random_seed(0)
    fresh = backbone.build(3, (PUBLISHED_SIDE, PUBLISHED_SIDE), torch.float32)
    tensors = fresh.tensors()
    lines = sorted(f"{name} {list(fresh.our_shape(name))}\n" for name in tensors)
    return {
        "architecture": backbone.architecture,
        "reference": backbone.source,
        "tensors": len(tensors),
        "names_and_shapes": fnv("".join(lines)),
        "parameters": sum(tensor.numel() for tensor in tensors.values() if tensor.requires_grad),
        "multiply_adds": multiply_adds(fresh),
        "start": start(fresh),
        "cases": [case(backbone, channels, size) for channels, size in backbone.cases()],
    }


def drop_path_rates(blocks):
    return [rounded(getattr(block, "drop_path", getattr(block, "drop_path1", None)).__dict__.get("drop_prob", 0.0)) for block in blocks]


def stochastic_depth():
    """The rate of each block, where 0.2 is asked for."""
    efficientnet = timm.create_model("tf_efficientnetv2_s", drop_path_rate=0.2)
    vit = timm.create_model("vit_tiny_patch16_224", drop_path_rate=0.2)
    return {
        "efficientnet_v2_s": drop_path_rates([block for stage in efficientnet.blocks for block in stage]),
        "vit": drop_path_rates(vit.blocks),
    }


def position_embeddings():
    """An embedding of two channels, resampled to other grids."""
    rows = []
    for old, new in [((4, 4), (6, 6)), ((7, 7), (4, 4)), ((4, 4), (3, 5)), ((5, 5), (8, 3)), ((3, 5), (6, 4))]:
        embedding = from_formula("pos_embed", (1, 1 + math.prod(old), 2))
        found = resample_abs_pos_embed(embedding, new_size=list(new), old_size=list(old))
        rows.append({"old": old, "new": new, "values": [rounded(value) for value in found.flatten().tolist()]})
    return rows


def write_line(value):
    return json.dumps(value, ensure_ascii=False)


def text(fixture):
    """JSON with a line for each value that is itself long."""
    lines = []
    for key, value in fixture.items():
        if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
            rows = ",\n".join(f"  {write_line(row)}" for row in value)
            lines.append(f" {write_line(key)}: [\n{rows}\n ]")
        else:
            lines.append(f" {write_line(key)}: {write_line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def all_fixtures(names):
    """(file name, function that makes its content) of each fixture of those backbones."""
    for name in names:
        if cases.BACKBONES[name].fixture:
            yield f"{name}.json", partial(fixture, cases.BACKBONES[name])
    yield "stochastic_depth.json", stochastic_depth
    yield "training.json", training
    yield "gradcam.json", gradcam
    yield "position_embedding.json", lambda: {"cases": position_embeddings()}


def differ(old, new):
    """Whether two fixtures differ by more than the last digit of a number."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() != new.keys() or any(differ(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) != len(new) or any(differ(a, b) for a, b in zip(old, new))
    if isinstance(old, float) and isinstance(new, float):
        return abs(old - new) > 2e-6 * max(abs(old), abs(new), 1e-3)
    return old != new
