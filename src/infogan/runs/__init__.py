"""A run from its start to its end, what is logged of it, and what goes wrong in it."""

from infogan.runs.run import TrainingFailed, TrainingStopped, train

__all__ = ["TrainingFailed", "TrainingStopped", "train"]
