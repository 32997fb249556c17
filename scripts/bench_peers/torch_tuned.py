"""The best that hand-tuned eager PyTorch does: films decoded once into a tensor of bytes, channels-last, bf16 autocast where that is
the faster (job.precision), fused Adam, no synchronisation per step, subnormal numbers flushed.

With `probe` as the precision it only says which precision is the faster one on this machine.
"""

import common

job = common.read_job()

import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from PIL import Image  # noqa: E402

import networks  # noqa: E402
import written  # noqa: E402

torch.set_num_threads(job.threads)
torch.set_flush_denormal(True)


def spatial_attention(self, xs):
    """Without the places of the largest values, which nothing reads."""
    pooled = torch.cat([xs.amax(dim=1, keepdim=True), xs.mean(dim=1, keepdim=True)], dim=1)
    return xs * torch.sigmoid(self.bn(self.conv(pooled)))


written.SpatialAttention.forward = spatial_attention


def load(films, mean, std):
    images = torch.empty((len(films), job.size, job.size, 1), dtype=torch.uint8)
    for image, (path, _) in zip(images, films):
        film = Image.open(path)
        film.draft("L", (job.size, job.size))
        image[:, :, 0] = torch.from_numpy(np.array(film.convert("L").resize((job.size, job.size), Image.Resampling.BILINEAR, reducing_gap=2.0)))
    ages = torch.tensor([[(age - mean) / std] for _, age in films])
    return images, ages


def batch(films, indices):
    # [N, H, W, 1] in memory, [N, 1, H, W] as seen: channels-last without a copy.
    images = films.index_select(0, indices).permute(0, 3, 1, 2)
    return images.to(torch.float32).sub_(127.5).div_(127.5)


def model_and_optimizer():
    model = networks.build(job.backbone, job.size, tuned=True).to(memory_format=torch.channels_last)
    return model, torch.optim.Adam(model.parameters(), lr=job.learning_rate, fused=True)


def autocast(precision):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")


def step(model, optimizer, images, targets, precision):
    with autocast(precision):
        predicted = model(images)
    loss = F.mse_loss(predicted.float(), targets)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach()


def probe():
    images = torch.rand(4, job.size, job.size, 1).permute(0, 3, 1, 2)
    seconds = {}
    for precision in ("fp32", "bf16"):
        model, optimizer = model_and_optimizer()
        step(model, optimizer, images, torch.zeros(4, 1), precision)
        start = time.perf_counter()
        step(model, optimizer, images, torch.zeros(4, 1), precision)
        seconds[precision] = time.perf_counter() - start
    print(min(seconds, key=seconds.get), *(f"{name} {value:.3f}" for name, value in seconds.items()))


def main():
    report = common.Report()
    train, val = job.parts()
    mean, std = common.standardised([age for _, age in train])
    train_images, train_ages = load(train, mean, std)
    val_images, val_ages = load(val, mean, std)
    model, optimizer = model_and_optimizer()
    for _ in range(job.epochs):
        report.begin_epoch()
        model.train()
        loss = torch.zeros(())
        for indices in torch.randperm(len(train)).split(job.batch):
            loss += step(model, optimizer, batch(train_images, indices), train_ages[indices], job.precision) * len(indices)
        model.eval()
        error = torch.zeros(())
        with torch.inference_mode(), autocast(job.precision):
            for indices in torch.arange(len(val)).split(job.batch):
                error += (model(batch(val_images, indices)).float() - val_ages[indices]).abs().sum()
        loss.item()
        report.end_epoch(error.item() * std / len(val))
    report.close(networks.parameters(model))


if __name__ == "__main__":
    if job.precision == "probe":
        probe()
    else:
        main()
