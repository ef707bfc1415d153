"""The kinds of attention, by name. A new one is a file with its score, and a row here."""

from __future__ import annotations

from wordkit.registry import Registry

ATTENTIONS = Registry(
    "attention",
    {
        "dot": "wordkit.layers.attention.dot.DotAttention",
        "general": "wordkit.layers.attention.general.GeneralAttention",
        "additive": "wordkit.layers.attention.additive.AdditiveAttention",
    },
)
