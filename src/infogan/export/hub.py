"""Models on the Hugging Face hub, and in folders like those it keeps.

The methods are those of `huggingface_hub.ModelHubMixin`, which itself wraps `__init__` and keeps
its arguments, and so cannot be had together with scikit-learn's `clone`.
"""

import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from infogan.codes.names import FILE as NAMES
from infogan.codes.names import save_names
from infogan.errors import UserError, require_extra
from infogan.export.card import write_card
from infogan.inference.trained_model import Model
from infogan.storage.model_folder import DESCRIPTION, WEIGHTS, load_model, save_model
from infogan.storage.run_files import CARD, OVERVIEW
from infogan.storage.run_folder import RunFolder
from infogan.training.config import TrainConfig

FILES = (DESCRIPTION, WEIGHTS, NAMES, CARD, OVERVIEW)
"""What is sent and fetched: nothing else of a repository is ever asked for."""
Holder = TypeVar("Holder", bound="HubMixin")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def save_pretrained(
    model: Model,
    folder: str | Path,
    *,
    config: TrainConfig | None = None,
    images_seen: int | None = None,
    evaluation: str | Path | None = None,
) -> Path:
    """Write a model folder with its names, its card and a picture; returns the folder.

    `config` is how it was trained, `images_seen` how far (its whole length by default), and
    `evaluation` a JSON of `infogan evaluate`, all for the card. Raises UserError where the folder
    is a file, or the evaluation cannot be read.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; give the name of a folder")
    save_model(folder, model.config, model.generator, model.discriminator)
    if model.names.values or (folder / NAMES).is_file():
        save_names(folder, model.names)
    files = RunFolder(folder)
    if evaluation is not None and Path(evaluation) != files.evaluation_file:
        shutil.copyfile(evaluation, files.evaluation_file)
    files.overview_file.unlink(missing_ok=True)  # of a model that was there before
    write_card(folder, model, config, images_seen)
    return folder


def load_pretrained(
    name: str | Path,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    force_download: bool = False,
    local_files_only: bool = False,
) -> Model:
    """A model from a folder, or from the hub where `name` is OWNER/NAME and no such folder exists.

    Only JSON, safetensors, the card and its picture are fetched. Raises UserError.
    """
    if Path(name).is_dir() or not REPOSITORY.fullmatch(str(name)):
        return load_model(name)
    with _hub(str(name)) as hub:
        folder = hub.snapshot_download(
            str(name),
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            allow_patterns=list(FILES),
        )
    return load_model(folder)


def push_to_hub(
    model: Model,
    repo_id: str,
    *,
    config: TrainConfig | None = None,
    images_seen: int | None = None,
    evaluation: str | Path | None = None,
    commit_message: str = "Add an InfoGAN",
    private: bool | None = None,
    token: str | None = None,
    branch: str | None = None,
    create_pr: bool | None = None,
) -> str:
    """Send a model, its card and its picture to the hub, and return the address.

    The repository is made if there is none. Raises UserError, with the hub's own words, where it
    refuses or cannot be reached.
    """
    if not REPOSITORY.fullmatch(repo_id):
        raise UserError(f"{repo_id}: write OWNER/NAME")
    with _hub(repo_id) as hub, tempfile.TemporaryDirectory(prefix="infogan-") as temporary:
        folder = save_pretrained(
            model, temporary, config=config, images_seen=images_seen, evaluation=evaluation
        )
        api = hub.HfApi(token=token)
        repository = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
        if branch is not None:
            api.create_branch(repository, branch=branch, exist_ok=True)
        commit = api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            commit_message=commit_message,
            revision=branch,
            create_pr=create_pr,
            allow_patterns=list(FILES),
        )
    return str(commit)


class HubMixin(ABC):
    """`from_pretrained`, `save_pretrained` and `push_to_hub` for a class that holds a `model_`."""

    model_: Model

    @classmethod
    @abstractmethod
    def from_model(cls: type[Holder], model: Model) -> Holder:
        """One of this class around a trained model."""

    @classmethod
    def from_pretrained(
        cls: type[Holder],
        pretrained_model_name_or_path: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
    ) -> Holder:
        """Load from a folder, or from the hub by OWNER/NAME. Raises UserError."""
        return cls.from_model(
            load_pretrained(
                pretrained_model_name_or_path,
                revision=revision,
                token=token,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
            )
        )

    def save_pretrained(
        self, save_directory: str | Path, *, evaluation: str | Path | None = None
    ) -> Path:
        """Write a model folder with its card; returns the folder. Raises UserError."""
        return save_pretrained(self.model_, save_directory, evaluation=evaluation)

    def push_to_hub(
        self,
        repo_id: str,
        *,
        evaluation: str | Path | None = None,
        commit_message: str = "Add an InfoGAN",
        private: bool | None = None,
        token: str | None = None,
        branch: str | None = None,
        create_pr: bool | None = None,
    ) -> str:
        """Send the model and its card to the hub, and return the address. Raises UserError."""
        return push_to_hub(
            self.model_,
            repo_id,
            evaluation=evaluation,
            commit_message=commit_message,
            private=private,
            token=token,
            branch=branch,
            create_pr=create_pr,
        )


@contextmanager
def _hub(repo_id: str) -> Iterator[ModuleType]:
    """The hub's library, whose many errors become one line."""
    require_extra("hub", f"{repo_id}: the hub", "huggingface_hub")
    import huggingface_hub

    try:
        yield huggingface_hub
    except Exception as error:  # of the network, of the hub, or of its library's own
        why = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{repo_id}: {why}") from None
