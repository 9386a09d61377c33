"""Choosing without labels: among runs, and how many categories."""

from infogan.selection.number_of_categories import suggest
from infogan.selection.ranking import select

__all__ = ["select", "suggest"]
