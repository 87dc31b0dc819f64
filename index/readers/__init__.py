"""Readers: one chapter for each type of file; `types` lists them, `process` runs those that parse untrusted formats."""
