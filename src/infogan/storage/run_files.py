"""What a run's folder holds: every file name in it.

config.yaml  log.jsonl  codes.json  evaluation.json  report.html  README.md  overview.png
verdict.json                                    what came of it, once it is over
model.json  model.safetensors  names.json       a model folder, see `storage.model_folder`
checkpoints/000064000.safetensors               the last two, by the images seen
training.lock                                   while a training is at work, see `storage.run_lock`
pictures/c1-000064.png                          by code, and thousands of images seen
failed-1/                                       a run that was given up, and started again
seed-0/                                         runs of several seeds
"""

from dataclasses import dataclass
from pathlib import Path

from infogan.storage.model_folder import WEIGHTS

CARD, OVERVIEW = "README.md", "overview.png"


@dataclass(frozen=True)
class RunFiles:
    """Where each file of a run is, or would be: its folder need not exist yet."""

    path: Path

    @property
    def config_file(self) -> Path:
        """What the run was started with."""
        return self.path / "config.yaml"

    @property
    def log_file(self) -> Path:
        """A line of JSON for every tick."""
        return self.path / "log.jsonl"

    @property
    def weights_file(self) -> Path:
        """Of the model that training has arrived at."""
        return self.path / WEIGHTS

    @property
    def card_file(self) -> Path:
        """The model card."""
        return self.path / CARD

    @property
    def overview_file(self) -> Path:
        """A picture of all that the codes do."""
        return self.path / OVERVIEW

    @property
    def profile_file(self) -> Path:
        """Where an update's time goes, as text; the same as JSON beside it."""
        return self.path / "profile.txt"

    @property
    def report_file(self) -> Path:
        """The page that tells everything about the run."""
        return self.path / "report.html"

    @property
    def evaluation_file(self) -> Path:
        """What was measured of the model."""
        return self.path / "evaluation.json"

    @property
    def words_file(self) -> Path:
        """What each code does, in words, where that has been found out."""
        return self.path / "codes.json"

    @property
    def verdict_file(self) -> Path:
        """What came of the run, in plain words, once it is over."""
        return self.path / "verdict.json"

    @property
    def selection_file(self) -> Path:
        """Of several seeds: which was chosen, and why."""
        return self.path / "selection.json"

    @property
    def networks_file(self) -> Path:
        """A picture of the networks."""
        return self.path / "networks.png"

    @property
    def pictures(self) -> Path:
        """The pictures drawn while it trained."""
        return self.path / "pictures"

    @property
    def board(self) -> Path:
        """What TensorBoard shows."""
        return self.path / "tensorboard"
