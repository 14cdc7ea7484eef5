"""The tools API, `/mobile/tools/1.0`: what console, command line and CI call. `docs/tools-api.md` tells it."""
