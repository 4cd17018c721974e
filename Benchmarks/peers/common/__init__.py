"""What the measurements of peers share: their environment, their processes, clocks, files of vectors."""
