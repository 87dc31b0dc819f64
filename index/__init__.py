"""Documents in, hits out: reading, splitting, embedding, storing and searching a folder of documents."""
