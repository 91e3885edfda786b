"""The headless heart: no Textual, no Rich. Front ends import `library` and `domain`, nothing else."""
