"""Questions asked of the request log: a question is a value, a file each."""
