"""
Walls: how a process that will read somebody else's bytes locks itself in. No HTTP, no database, no uploaded code.

    enclose(walls)           irreversible; before any uploaded byte is loaded
    probe(walls, canary)     acts forbidden acts and reports which were refused
    explain(error, walls)    tells the author of the code which wall an exception came from

Nothing here needs a package or a container's special permission; docs/sandbox.md has the threat model.
Only the standard library is imported: this runs at the start of every worker.
"""

from __future__ import annotations

from openmcs.sandbox.enclosing import enclose
from openmcs.sandbox.explain import explain
from openmcs.sandbox.probes import probe
from openmcs.sandbox.walls import Outside, Probe, Report, SandboxUnavailable, Walls, interpreter_directories

__all__ = [
    "Outside",
    "Probe",
    "Report",
    "SandboxUnavailable",
    "Walls",
    "enclose",
    "explain",
    "interpreter_directories",
    "probe",
]
