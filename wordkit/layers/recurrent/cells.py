"""The recurrent layers, by name. A new one is a file with its formula, and a row here."""

from __future__ import annotations

from wordkit.registry import Registry

CELLS = Registry(
    "cell",
    {
        "rnn": "wordkit.layers.recurrent.rnn.RNN",
        "gru": "wordkit.layers.recurrent.gru.GRU",
        "lstm": "wordkit.layers.recurrent.lstm.LSTM",
        "mgu": "wordkit.layers.recurrent.mgu.MGU",
    },
)
