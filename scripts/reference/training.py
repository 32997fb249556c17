"""Schedules and losses as PyTorch computes them: the fixture `tests/reference/training.json`."""

import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

# Peak and number of steps.
CYCLES = [(1.0, 20), (3e-3, 41), (0.5, 3), (0.1, 1)]
# Learning rate, patience, factor, validation MAE of each epoch: a fall with rests, a fall of less than the threshold, and a rate
# that is too small to be lowered.
PLATEAUS = [
    (1e-2, 2, 0.1, [9.0, 8.0, 8.5, 8.2, 8.1, 7.9, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 7.0]),
    (1.0, 0, 0.5, [5.0, 4.9999, 4.9994, 4.9993, 4.0, 4.0, 4.0]),
    (1.05e-8, 1, 0.1, [3.0, 3.0, 3.0, 3.0, 3.0]),
]
# Bins, youngest and oldest training age, ages whose loss is taken.
BINS, YOUNGEST, OLDEST, AGES = 16, -1.5, 2.1, [-1.5, 0.3, 2.0]
MARGIN, SIGMA = 6, 2.0


def digits(values):
    return [float(f"{value:.12g}") for value in values]


def one_cycle(peak, steps):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=peak)
    schedule = lr_scheduler.OneCycleLR(optimizer, max_lr=peak, total_steps=steps, cycle_momentum=False)
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < steps:
            schedule.step()
    return {"peak": peak, "rates": digits(rates)}


def plateau(rate, patience, factor, values):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=rate)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience=patience)
    rates = []
    for value in values:
        schedule.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"rate": rate, "patience": patience, "factor": factor, "val_mae": values, "rates": digits(rates)}


def distribution():
    """The loss of Gao et al. 2018: divergence from a Gaussian of two bins, and the error of the expected value in bins."""
    width = (OLDEST - YOUNGEST) / (BINS - 1 - 2 * MARGIN)
    centres = torch.arange(BINS, dtype=torch.float64) * width + (YOUNGEST - MARGIN * width)
    ages = torch.tensor(AGES, dtype=torch.float64).unsqueeze(1)
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(len(AGES), BINS, generator=generator, dtype=torch.float64) * 2
    logits = torch.tensor(digits(logits.flatten().tolist()), dtype=torch.float64).view(len(AGES), BINS).requires_grad_()
    # A density that is normalised over the bins.
    target = torch.distributions.Normal(ages, SIGMA * width).log_prob(centres).softmax(1)
    expected = (logits.softmax(1) * centres).sum(1, keepdim=True)
    losses = functional.kl_div(logits.log_softmax(1), target, reduction="none").sum(1, keepdim=True) + (expected - ages).abs() / width
    losses.mean().backward()
    return {
        "youngest": YOUNGEST,
        "oldest": OLDEST,
        "centres": digits(centres.tolist()),
        "ages": AGES,
        "logits": digits(logits.flatten().tolist()),
        "expected": digits(expected.flatten().tolist()),
        "losses": digits(losses.flatten().tolist()),
        "gradients": digits(logits.grad.flatten().tolist()),
    }


def training():
    return {
        "one_cycle": [one_cycle(*case) for case in CYCLES],
        "plateau": [plateau(*case) for case in PLATEAUS],
        "distribution": [distribution()],
    }
