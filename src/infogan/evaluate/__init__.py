"""Measuring a model: what its codes say, how they match what is known, how good its images are."""

from .codes import batches, categories, clustering, mutual_information, use
from .comparison import compare
from .descriptions import describe_codes
from .printing import table
from .results import Measurement, Report, read_report, write_report
from .runner import evaluate

__all__ = [
    "Measurement",
    "Report",
    "batches",
    "categories",
    "clustering",
    "compare",
    "describe_codes",
    "evaluate",
    "mutual_information",
    "read_report",
    "table",
    "use",
    "write_report",
]
