"""The usual PyTorch loop of public implementations, for its speed: nothing done to be fast.

    python -m peers.plain_torch   benchmarks/speed.py starts it

Float32, tensors as PyTorch makes them, a DataLoader with two workers, three passes of G: one for D,
one for G, one for the information. Networks and batches are those of the tutorial, of the paper's
MNIST, and of the two-layer perceptrons; `bare` is the same loop for perceptrons on one thread,
with images that lie in memory and two passes of G, as the preset has it. The 64×64 and 128×128
colour networks are this project's own, trained by the plain loop.
"""

import dataclasses
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from peers.turns import Work, serve

DEVICE = "cuda" if "cuda" in sys.argv else "cpu"
CATEGORIES = 10


@dataclass
class System:
    """Networks and what is trained with them; `d` and `q` read what `trunk` makes of images."""

    g: nn.Module
    trunk: nn.Module
    d: nn.Module
    q: nn.Module
    noise: int
    dials: int
    batch: int
    half: bool = False
    shape: tuple[int, int, int] = (1, 28, 28)
    images: int = 60_000
    q_trunk: nn.Module | None = None

    def latent(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Input of G, categories, dials."""
        categories = torch.randint(CATEGORIES, (n,), device=DEVICE)
        dials = torch.rand(n, self.dials, device=DEVICE) * 2 - 1
        noise = torch.randn(n, self.noise, device=DEVICE)
        codes = F.one_hot(categories, CATEGORIES).float()
        return torch.cat([codes, dials, noise], 1), categories, dials

    def information(self, fake: Tensor, categories: Tensor, dials: Tensor) -> Tensor:
        """Cross-entropy of the category, squared error of the dials."""
        q = self.q((self.q_trunk or self.trunk)(fake))
        loss = F.cross_entropy(q[:, :CATEGORIES], categories)
        if self.dials:
            loss = loss + F.mse_loss(q[:, CATEGORIES : CATEGORIES + self.dials], dials)
        return loss


def tutorial() -> System:
    """The Keras tutorial's networks; «same» padding of even kernels is one-sided."""
    g = nn.Sequential(
        nn.Linear(72, 512 * 49),
        nn.ReLU(),
        nn.BatchNorm1d(512 * 49),
        nn.Unflatten(1, (512, 7, 7)),
        nn.Conv2d(512, 128, 4, padding="same"),
        nn.ReLU(),
        nn.BatchNorm2d(128),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.ReLU(),
        nn.BatchNorm2d(64),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
    )
    trunk = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.LeakyReLU(0.1),
        nn.BatchNorm2d(128),
        nn.Conv2d(128, 256, 4, padding="same"),
        nn.LeakyReLU(0.1),
        nn.BatchNorm2d(256),
        nn.Flatten(),
    )
    q = nn.Sequential(
        nn.Linear(256 * 49, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.1), nn.Linear(128, CATEGORIES)
    )
    return System(g, trunk, nn.Linear(256 * 49, 1), q, 62, 0, 64, half=True)


def paper_mnist() -> System:
    """The paper's networks for MNIST (1606.03657, appendix C.1)."""
    g = nn.Sequential(
        nn.Linear(74, 1024),
        nn.BatchNorm1d(1024),
        nn.ReLU(),
        nn.Linear(1024, 128 * 49),
        nn.BatchNorm1d(128 * 49),
        nn.ReLU(),
        nn.Unflatten(1, (128, 7, 7)),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Sigmoid(),
    )
    trunk = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.1),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        nn.Linear(128 * 49, 1024),
        nn.BatchNorm1d(1024),
        nn.LeakyReLU(0.1),
    )
    q = nn.Sequential(
        nn.Linear(1024, 128), nn.BatchNorm1d(128), nn.LeakyReLU(0.1), nn.Linear(128, CATEGORIES + 2)
    )
    return System(g, trunk, nn.Linear(1024, 1), q, 62, 2, 128)


def mlp() -> System:
    """Two-layer perceptrons, Q with a trunk of its own."""

    def reader() -> nn.Sequential:
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU())

    g = nn.Sequential(
        nn.Linear(26, 256),
        nn.ReLU(),
        nn.Linear(256, 784),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 28, 28)),
    )
    q = nn.Linear(128, CATEGORIES)
    return System(g, reader(), nn.Linear(128, 1), q, 16, 0, 32, q_trunk=reader())


def colour(size: int) -> System:
    """This project's own networks for colour, of this size."""
    from infogan.networks.build import Discriminator, ModelConfig, build_generator

    model = ModelConfig(codes="c1=cat:10,c2=uni,c3=uni", family="residual")
    model = dataclasses.replace(model, image_shape=(3, size, size))
    judge = Discriminator(model)
    shape = (3, size, size)
    g, trunk, d, q = build_generator(model), judge.trunk, judge.d_head, judge.q_head
    return System(g, trunk, d, q, model.noise, 2, 64, shape=shape, images=2000)


SYSTEMS = {"tutorial": tutorial, "paper-mnist": paper_mnist, "mlp": mlp}


def system(name: str) -> System:
    """The networks of this name, where they are trained."""
    made = (
        colour(int(name.removeprefix("colour"))) if name.startswith("colour") else SYSTEMS[name]()
    )
    for network in (made.g, made.trunk, made.d, made.q, made.q_trunk):
        if network is not None:
            network.to(DEVICE)
    return made


def endless(s: System, workers: int) -> Iterator[Tensor]:
    """Batches of images, shuffled anew each epoch."""
    n = s.batch // 2 if s.half else s.batch
    images = torch.rand(s.images, *s.shape) * 2 - 1
    if not workers:
        while True:
            yield images[torch.randint(len(images), (n,))].to(DEVICE)
    loader = DataLoader(TensorDataset(images), n, shuffle=True, drop_last=True, num_workers=workers)
    for (batch,) in itertools.chain.from_iterable(itertools.repeat(loader)):
        yield batch.to(DEVICE)


def training(s: System, workers: int = 2, passes: int = 3) -> Work:
    """One iteration: D, G, and the information through G, the trunk and Q."""
    real_batches = endless(s, workers)
    read = [*(s.q_trunk or s.trunk).parameters(), *s.q.parameters()]
    d_step = torch.optim.Adam([*s.trunk.parameters(), *s.d.parameters()], 2e-4, (0.5, 0.999))
    g_step = torch.optim.Adam(s.g.parameters(), 1e-3, (0.5, 0.999))
    q_step = torch.optim.Adam([*s.g.parameters(), *read], 1e-3, (0.5, 0.999))

    def game(images: Tensor, truth: float) -> Tensor:
        logits = s.d(s.trunk(images))
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))

    def iteration() -> list[float]:
        real = next(real_batches)
        fake = s.g(s.latent(len(real))[0])
        d_step.zero_grad()
        d_loss = game(real, 1.0) + game(fake.detach(), 0.0)
        d_loss.backward()
        d_step.step()
        z, categories, dials = s.latent(s.batch)
        g_step.zero_grad()
        g_loss = game(fake if passes == 2 else s.g(z), 1.0)
        g_loss.backward()
        g_step.step()
        q_step.zero_grad()
        q_loss = s.information(s.g(z), categories, dials)
        q_loss.backward()
        q_step.step()
        return [loss.item() for loss in (d_loss, g_loss, q_loss)]

    return iteration


def make(work: str) -> Work:
    """`train NAME`, `train mlp bare`, or `generate N` with the tutorial's G."""
    kind, name, *bare = work.split()
    if kind == "train" and bare:
        torch.set_num_threads(1)
        return training(system(name), workers=0, passes=2)
    if kind == "train":
        return training(system(name))
    g, z = system("tutorial").g.eval(), torch.randn(int(name), 72, device=DEVICE)

    def generate() -> Tensor:
        with torch.no_grad():
            return g(z).cpu()

    return generate


if __name__ == "__main__":
    serve(make, finish=torch.cuda.synchronize if DEVICE == "cuda" else lambda: None)
