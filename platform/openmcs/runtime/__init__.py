"""Worker processes: how they are walled in, started, watched and spoken to, and what custom code sees of them."""
