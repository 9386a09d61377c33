"""What a run or a preset is made of: every layer with its shape and parameters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from infogan.codes.latent import Latent
from infogan.networks.build import Discriminator, ModelConfig, build_generator
from infogan.networks.conv import ToMaps
from infogan.networks.parts import Part
from infogan.networks.pixels import Sigmoid

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


@dataclass(frozen=True)
class Layer:
    """One layer with what follows it up to the next: in words, the shape it gives, parameters."""

    words: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Network:
    """A part of the model that a schedule may move, layer by layer."""

    part: Part
    title: str
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """How many numbers are learned in it."""
        return sum(layer.parameters for layer in self.layers)


@torch.no_grad()
def networks(config: ModelConfig) -> list[Network]:
    """G, the trunk, D's and Q's own layers, and Q's own trunk where it has one."""
    generator, judge = build_generator(config).eval(), Discriminator(config).eval()
    z = torch.zeros(1, config.latent.dim)
    image, features = generator(z), torch.zeros(1, judge.trunk.features)
    found = [
        Network("G", "Generator", _layers(generator, z)),
        Network("trunk", _trunk_title(judge), _layers(judge.trunk, image)),
        Network("D", "Discriminator", _layers(judge.d_head, features)),
    ]
    if judge.q_trunk is not None:
        found.append(Network("Q", "Q's own trunk", _layers(judge.q_trunk, image)))
    return [*found, Network("Q", "Recognition, Q", _layers(judge.q_head, features))]


def table(networks: Sequence[Network]) -> str:
    """All layers in columns, with the sums of each network and of all."""
    rows = [("", "gives", "parameters")]
    for network in networks:
        rows.append((network.title, "", f"{network.parameters:,}"))
        for layer in network.layers:
            shape = "×".join(map(str, layer.shape))
            rows.append((f"  {layer.words}", shape, f"{layer.parameters:,}"))
    rows.append(("all", "", f"{sum(network.parameters for network in networks):,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{words:<{widths[0]}}  {shape:>{widths[1]}}  {count:>{widths[2]}}".rstrip()
        for words, shape, count in rows
    )


def inputs(latent: Latent) -> list[str]:
    """What G is given, a line each: runs of equal codes together, then the noise."""
    lines: list[tuple[str, str, int]] = []
    for code in latent.codes:
        if lines and lines[-1][1] == code.spelling:
            first, spelling, times = lines[-1]
            lines[-1] = (first, spelling, times + 1)
        else:
            lines.append((code.name, code.spelling, 1))
    told = [f"{name}  {kind}" if n == 1 else f"{name} …  {n}*{kind}" for name, kind, n in lines]
    return [*told, f"noise  {latent.noise} {latent.noise_prior}"]


def _trunk_title(judge: Discriminator) -> str:
    return "Trunk, shared by D and Q" if judge.q_trunk is None else "Trunk, of D alone"


def _layers(network: nn.Module, x: torch.Tensor) -> tuple[Layer, ...]:
    """The layers of a network in the order in which x meets them."""
    met: list[tuple[nn.Module, tuple[int, ...]]] = []

    def note(module: nn.Module, _: object, output: torch.Tensor) -> None:
        met.append((module, tuple(output.shape[1:])))

    hooks = [module.register_forward_hook(note) for module in _leaves(network)]
    network(x)
    for hook in hooks:
        hook.remove()
    layers: list[Layer] = []
    for module, shape in met:
        count = sum(p.numel() for p in module.parameters())
        if isinstance(module, WEIGHTED):
            layers.append(Layer(_words(module), shape, count))
        elif layers and not isinstance(module, nn.ZeroPad2d):
            last, words = layers[-1], _words(module)
            told = f"{last.words}, {words}" if words else last.words
            layers[-1] = Layer(told, shape, last.parameters + count)
    return tuple(layers)


def _leaves(network: nn.Module) -> Iterator[nn.Module]:
    """Modules without parts; a layer in spectral normalisation counts as one."""
    if isinstance(network, WEIGHTED) or is_parametrized(network) or not list(network.children()):
        yield network
    else:
        for child in network.children():
            yield from _leaves(child)


def _words(module: nn.Module) -> str:
    """A layer as the papers' tables spell it; empty for what only rearranges."""
    spectral = "spectral " if is_parametrized(module) else ""
    match module:
        case nn.Linear():
            return f"{spectral}FC {module.out_features}"
        case nn.Conv2d() | nn.ConvTranspose2d():
            kind = "up-conv" if isinstance(module, nn.ConvTranspose2d) else "conv"
            (k, _), (stride, _) = module.kernel_size, module.stride
            strided = f" stride {stride}" if stride > 1 else ""
            return f"{spectral}{kind} {k}×{k} {module.out_channels}{strided}"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return "BatchNorm"
        case nn.GroupNorm() | nn.LayerNorm():
            return "LayerNorm"
        case nn.LeakyReLU(negative_slope=0):
            return "ReLU"
        case nn.LeakyReLU():
            return f"LeakyReLU {module.negative_slope:g}"
        case nn.ReLU() | nn.Tanh() | Sigmoid() | nn.MaxPool2d():
            return {"MaxPool2d": "max-pool 2×2"}.get(type(module).__name__, type(module).__name__)
        case nn.PixelShuffle():
            return "depth to space"
        case nn.PixelUnshuffle():
            return "space to depth"
        case ToMaps():
            return "as maps"
    return ""
