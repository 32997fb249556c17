"""A usual PyTorch script: torchvision, PIL, transforms and a DataLoader, fp32, Adam."""

import common

job = common.read_job()

import torch  # noqa: E402
from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision import transforms  # noqa: E402

import networks  # noqa: E402

torch.set_num_threads(job.threads)
transform = transforms.Compose([transforms.Resize((job.size, job.size)), transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])


class Films(Dataset):
    def __init__(self, films, mean, std):
        self.films = films
        self.mean = mean
        self.std = std

    def __len__(self):
        return len(self.films)

    def __getitem__(self, index):
        path, age = self.films[index]
        image = transform(Image.open(path).convert("L"))
        return image, torch.tensor([(age - self.mean) / self.std], dtype=torch.float32)


def main():
    report = common.Report()
    train, val = job.parts()
    mean, std = common.standardised([age for _, age in train])
    train_loader = DataLoader(Films(train, mean, std), batch_size=job.batch, shuffle=True, num_workers=2)
    val_loader = DataLoader(Films(val, mean, std), batch_size=job.batch, num_workers=2)
    model = networks.build(job.backbone, job.size, tuned=False)
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=job.learning_rate)
    for _ in range(job.epochs):
        report.begin_epoch()
        model.train()
        running_loss = 0.0
        for images, targets in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), targets)
            loss.backward()
            optimizer.step()
            running_loss += loss.item() * len(images)
        model.eval()
        error = 0.0
        with torch.no_grad():
            for images, targets in val_loader:
                error += (model(images) - targets).abs().sum().item()
        report.end_epoch(error * std / len(val))
    report.close(networks.parameters(model))


if __name__ == "__main__":
    main()
