"""A run that starts from a finished model: what it takes over, and whether that fits."""

import dataclasses
import warnings
from dataclasses import dataclass
from pathlib import Path

from infogan.codes.names import Names, load_names
from infogan.data.preprocessing import sample
from infogan.data.source import Source
from infogan.errors import UserError
from infogan.inference.trained_model import Model
from infogan.networks.build import ModelConfig
from infogan.storage.model_folder import load_model
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig
from infogan.training.presets import preset


@dataclass(frozen=True, eq=False)
class StartingPoint:
    """A finished model, and how its run was told to make it.

    Attributes:
        folder: where it is.
        model: its averaged networks.
        names: what its codes and categories are called.
        config: its run's, without its labels; the default where the folder holds a model alone.
    """

    folder: Path
    model: Model
    names: Names
    config: TrainConfig

    @classmethod
    def open(cls, folder: str | Path) -> "StartingPoint":
        """The model of a run's or a model's folder. Raises UserError."""
        folder = Path(folder)
        model, run = load_model(folder), RunFolder(folder)
        if run.is_run:
            # Its codes have their original names, to which names.json refers.
            names, own = load_names(folder), run.read_config()
        else:
            names, own = model.names, TrainConfig(model=model.config)
        bare = _bare(own.model)
        config = dataclasses.replace(own, model=bare, labels="", init_from=str(folder))
        return cls(folder, model, names, config)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the images."""
        return self.model.config.shape

    def take_over(self, given: TrainConfig) -> TrainConfig:
        """A config with this model's networks and codes; UserError where it asks for others."""
        asked, own = _bare(given.model), self.config.model
        if asked not in (own, ModelConfig(), preset("auto").model):
            name = next(
                field.name
                for field in dataclasses.fields(ModelConfig)
                if getattr(asked, field.name) != getattr(own, field.name)
            )
            raise UserError(
                f"model.{name}: {getattr(asked, name)} is not that of {self.folder}, which is "
                f"{getattr(own, name)}; leave it out: a model's networks and codes are taken over"
            )
        channels, size, _ = self.shape
        for name, its in (("size", size), ("channels", channels)):
            if getattr(given, name) not in (None, its):
                raise UserError(
                    f"{name} {getattr(given, name)}: the model in {self.folder} is of {its}; "
                    "leave it out"
                )
        return dataclasses.replace(given, model=own, init_from=str(self.folder))

    def check_fits(self, source: Source) -> None:
        """Raise UserError for images of another shape; warn of those unlike the model's own."""
        if source.shape != self.shape:
            raise UserError(
                f"{source.name}: images are {source.shape}, those of the model in {self.folder} "
                f"{self.shape}"
            )
        if said := self.model.config.preprocessing.warning(sample(source), source.name):
            warnings.warn(said, stacklevel=3)

    def __str__(self) -> str:
        channels, height, width = self.shape
        seen = RunFolder(self.folder).images_seen()
        after = "" if seen is None else f" after {seen / 1000:g} kimg"
        colour = "grey" if channels == 1 else "colour"
        named = ", names" if self.names != Names() else ""
        return (
            f"{self.folder}{after}: the averaged weights of G, D and Q, the codes "
            f"{self.model.latent}{named}, {width}x{height} {colour}, and how images are read; "
            "optimisers and learning rates start anew"
        )


def _bare(model: ModelConfig) -> ModelConfig:
    """The settings of networks alone, without what was taken from the data."""
    return dataclasses.replace(model, image_shape=None, images={})
