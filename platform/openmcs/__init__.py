"""OpenMCS: a self-hosted mobile backend platform, wire-compatible with Oracle Mobile Cloud Service."""

__version__ = "0.1.0"
