"""Features for image quality: strokenet, a small named network of our own, or any torch module."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from infogan.errors import UserError

WEIGHTS = Path(__file__).parent / "weights" / "strokenet.safetensors"


class StrokeNet(nn.Module):
    """Four convolutions and a mean: 28×28 grey strokes → 128 features; `head` → ten classes.

    It learnt MNIST's training digits from their labels (benchmarks/train_feature_network.py), so
    it is a tool of evaluation only, and blind to the style a label does not need.
    """

    side = 28

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(1, 32, stride=2),
            *_convolution(32, 32, stride=1),
            *_convolution(32, 64, stride=2),
            *_convolution(64, 128, stride=2),
        )
        self.head = nn.Linear(128, 10)

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n 128"]:
        """Features of images in [0, 1]: channels averaged, then resized to 28×28."""
        grey = images.mean(dim=1, keepdim=True)
        if grey.shape[-2:] != (self.side, self.side):
            size = (self.side, self.side)
            grey = F.interpolate(grey, size, mode="bilinear", antialias=True, align_corners=False)
        features: Tensor = self.layers(2 * grey - 1).mean(dim=(2, 3))
        return features


def _convolution(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    filters = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return [filters, nn.BatchNorm2d(outputs), nn.ReLU()]


@dataclass(frozen=True)
class FeatureExtractor:
    """A network in evaluation mode, and the name under which its figures are printed."""

    network: nn.Module
    name: str
    """Network, hash of its weights, and what it does to the images: goes into every protocol."""

    def __call__(
        self, images: UInt8[np.ndarray, "n c h w"], *, batch: int = 512
    ) -> Float[np.ndarray, "n d"]:
        """Features of images, `batch` at a time, on the device the network lives on.

        Raises UserError where the network returns anything but one row of features per image.
        """
        if len(images) == 0:
            raise UserError("no images given: features need at least one")
        parameter = next(self.network.parameters(), None)
        device = torch.device("cpu") if parameter is None else parameter.device
        parts = []
        with torch.inference_mode():
            for start in range(0, len(images), batch):
                chunk = torch.from_numpy(images[start : start + batch].astype(np.float32) / 255)
                part = self.network(chunk.to(device))
                if not isinstance(part, Tensor) or part.shape != (len(chunk), part.shape[-1]):
                    raise UserError(
                        f"{self.name}: returned {_shape(part)} for {len(chunk)} images, "
                        "expected (images, features): wrap it in a module that flattens"
                    )
                parts.append(part.float().cpu().numpy())
        return np.concatenate(parts)


def strokenet(weights: Path = WEIGHTS) -> FeatureExtractor:
    """The project's own feature network; any size or colour of image is brought to 28×28 grey.

    Raises UserError where the weights are missing, or where their sha256 is
    not the one in the JSON file beside them.
    """
    from safetensors.torch import load

    record = weights.with_suffix(".json")
    for path in (weights, record):
        if not path.is_file():
            raise UserError(f"{path}: not there; make it with benchmarks/train_feature_network.py")
    data, expected = weights.read_bytes(), json.loads(record.read_text())["sha256"]
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise UserError(
            f"{weights}: sha256 {found[:12]}…, {record.name} says {expected[:12]}…; "
            "restore both, or make them with benchmarks/train_feature_network.py"
        )
    network = StrokeNet()
    network.load_state_dict(load(data))
    name = f"strokenet (not Inception, sha256 {found[:8]}, images as 28×28 grey)"
    return FeatureExtractor(network.eval(), name)


def feature_extractor(network: nn.Module, name: str) -> FeatureExtractor:
    """Any torch module as a feature network, put in evaluation mode.

    It takes float images in [0, 1], NCHW, in the size and colours of the data, and returns
    (images, features): resizing and normalising are its own affair.
    """
    digest = hashlib.sha256()
    for key, tensor in sorted(network.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return FeatureExtractor(network.eval(), f"{name} (sha256 {digest.hexdigest()[:8]})")


def _shape(output: object) -> str:
    return f"shape {tuple(output.shape)}" if isinstance(output, Tensor) else type(output).__name__
