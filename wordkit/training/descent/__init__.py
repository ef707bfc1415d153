"""Gradient descent: optimizers, schedules and clipping."""
