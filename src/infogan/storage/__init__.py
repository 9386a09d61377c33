"""What lies on the disk: models and runs, every file name and format once."""

from infogan.storage.model_folder import load_model, save_model

__all__ = ["load_model", "save_model"]
