"""The training loop: checkpoints, metrics, and runs that are resumed."""
