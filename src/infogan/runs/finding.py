"""Something that is wrong in a run, or worth knowing: in words, with a remedy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from infogan.runs.log_windows import Line

Severity = Literal["failure", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth knowing.

    Attributes:
        kind: which of the things that are looked for, such as "dead category".
        severity: failure (such a run is lost), warning, or note.
        brief: the same in a few words, for the progress line.
        message: what was seen, with its numbers.
        remedy: what to try.
    """

    kind: str
    severity: Severity
    brief: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}; {self.remedy}"

    @property
    def subject(self) -> tuple[str, str]:
        """The kind, and the code where it is of one, whichever its categories."""
        return self.kind, self.brief.partition(":")[0]


def read_findings(lines: Sequence[Line]) -> list[Finding]:
    """What the last line of a log says was wrong."""
    return [Finding(**found) for found in (lines[-1].get("health", []) if lines else [])]


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Failures, then warnings, then notes."""
    return sorted(found, key=lambda finding: get_args(Severity).index(finding.severity))
