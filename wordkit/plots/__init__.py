"""Plots: maps of words, training curves and attention.

matplotlib is an optional extra and is imported when a picture is drawn. Only its
object-oriented interface is used, so that nothing of ``pyplot`` changes. Each function
returns the figure, which a notebook shows by itself, and writes it if a path is given.
"""

from wordkit.plots.attention import attention_map
from wordkit.plots.loss import loss_curve
from wordkit.plots.words import plot_words

__all__ = ["attention_map", "loss_curve", "plot_words"]
