"""Measuring a model: what its codes say, how they match what is known, how good its images are."""

from infogan.evaluation.codes import batches, categories, clustering, mutual_information, use
from infogan.evaluation.comparison import compare
from infogan.evaluation.descriptions import describe_codes
from infogan.evaluation.printing import table
from infogan.evaluation.results import Measurement, Report, read_report, write_report
from infogan.evaluation.runner import evaluate

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
