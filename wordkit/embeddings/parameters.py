"""Limits of parameters that several of these estimators have."""

from __future__ import annotations

from wordkit.checks import Interval, Parameter

SHARED = {
    "vector_size": Parameter(Interval(1, 10_000), help="Dimensions."),
    "sample": Parameter(Interval(0, 1e9), help="Subsampling threshold, 0 for none."),
    "seed": Parameter(Interval(0, (1 << 32) - 1), help="Seed of the randomness."),
    "workers": Parameter(Interval(1), help="Threads to use.", none="all"),
    "progress": Parameter(help="Show a progress bar."),
}
