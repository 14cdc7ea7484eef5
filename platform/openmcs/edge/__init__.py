"""The HTTP edge: connections with limits, and the answers that go out on them. Start reading at `connection`."""
