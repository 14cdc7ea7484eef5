"""What exists: backends, APIs, implementations; and the snapshots that gateways serve from."""
