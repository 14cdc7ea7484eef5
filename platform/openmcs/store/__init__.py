"""The database and the object store: one file of questions a table family."""
