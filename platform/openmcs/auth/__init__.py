"""Who is calling: credentials, passwords, the team's tokens."""
