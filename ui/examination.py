"""What `pincite doctor` found: facts in words, the same for programs, and what is a fault or good to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["fault", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was seen.

    Attributes:
        level: "fault" where something should be done, else "note".
        said: What was seen.
        todo: What to type or do; "" for a note that wants nothing.
    """

    level: Level
    said: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.level}: {self.said}" + (f"\n      {self.todo}" if self.todo else "")


@dataclass(slots=True)
class Examination:
    """What was found.

    Attributes:
        facts: By topic, in words; for a terminal.
        record: The same for programs, JSON-ready.
        findings: In the order in which they were found.
    """

    facts: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether nothing has to be done."""
        return all(finding.level != "fault" for finding in self.findings)

    def fault(self, said: object, todo: str) -> None:
        """Add what should be mended."""
        self.findings.append(Finding(level="fault", said=str(said), todo=todo))

    def note(self, said: object, todo: str = "") -> None:
        """Add what is good to know."""
        self.findings.append(Finding(level="note", said=str(said), todo=todo))

    def __str__(self) -> str:
        width = max(map(len, self.facts), default=0)
        lines = [f"{topic:{width}s}  {said}" for topic, said in self.facts.items()]
        end = "healthy: nothing has to be done" if self.healthy else "something has to be done: see the faults above"
        return "\n".join([*lines, "", *map(str, self.findings), *([""] if self.findings else []), end])

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        findings = [{"level": finding.level, "said": finding.said, "todo": finding.todo} for finding in self.findings]
        return {"healthy": self.healthy, **self.record, "findings": findings}
