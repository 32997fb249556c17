"""What a reference network computes: outputs, gradients, losses."""

import torch
import torch.nn.functional as F

import cases
from values import fill

STEPS = 20
BATCHES = 4


def trainable(reference):
    return {name: tensor for name, tensor in reference.tensors().items() if tensor.requires_grad}


def outputs_and_gradients(reference, images, draw):
    """Every stage of a training pass, gradients of a fixed weighted sum of the features, then every stage in evaluation.

    The training pass comes first, because it moves the running statistics that the evaluation reads.
    """
    parameters = trainable(reference)
    in_training = reference.train().stages(images)
    features = in_training[-1]
    objective = (features * draw("objective", features.shape).to(features.dtype)).sum()
    gradients = torch.autograd.grad(objective, list(parameters.values()))
    gradients = {
        name: reference.ours(name, gradient).reshape(reference.our_shape(name))
        for name, gradient in zip(parameters, gradients, strict=True)
    }
    with torch.no_grad():
        in_evaluation = reference.eval().stages(images)
    return [stage.detach() for stage in in_training], gradients, in_evaluation


def losses(reference, batches, targets, learning_rate):
    """The loss at each of twenty steps of Adam, the batches one after another and again."""
    optimizer = torch.optim.Adam(list(trainable(reference).values()), lr=learning_rate)
    reference.train()
    values = []
    for step in range(STEPS):
        images, wanted = (parts.chunk(BATCHES)[step % BATCHES] for parts in (batches, targets))
        loss = F.mse_loss(reference.predict(images), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    return values


def weights(reference):
    """A copy of every tensor in the program's layout."""
    return {
        name: reference.ours(name, tensor).detach().clone().reshape(reference.our_shape(name))
        for name, tensor in reference.tensors().items()
    }


def tensors_of_case(backbone, channels, size, draw):
    """Everything that the program needs to repeat a case, by name."""
    dtype = torch.float32
    images = cases.images(backbone, channels, size, draw, dtype)
    batches = cases.images(backbone, channels, size, draw, dtype, "batches", BATCHES)
    targets = draw("targets", (BATCHES * backbone.batch, 1))
    reference = backbone.build(channels, size, dtype)
    fill(reference, draw)
    in_training, gradients, in_evaluation = outputs_and_gradients(reference, images, draw)
    reference.check(images)
    # The same weights again, now with a head.
    reference.add_head(images, backbone.hidden)
    fill(reference, draw)
    found = {"images": images, "batches": batches, "targets": targets, "objective": draw("objective", in_training[-1].shape)}
    found |= {f"weights.{name}": tensor for name, tensor in weights(reference).items()}
    found |= {f"gradients.{name}": tensor for name, tensor in gradients.items()}
    found |= {f"training.{index}": stage for index, stage in enumerate(in_training)}
    found |= {f"evaluation.{index}": stage for index, stage in enumerate(in_evaluation)}
    found["losses"] = torch.tensor(losses(reference, batches, targets, backbone.learning_rate), dtype=torch.float64)
    return {name: tensor.contiguous() for name, tensor in found.items()}
