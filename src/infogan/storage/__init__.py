"""What lies on the disk: models and runs, every file name and format once."""

from infogan.storage.model_folder import load_model, save_model
from infogan.storage.run_folder import RunFolder

__all__ = ["RunFolder", "load_model", "save_model"]
