"""A language model in the tensors that other programs expect."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wordkit.backend.arrays import to_host
from wordkit.errors import FormatError, ModelError
from wordkit.lm.model import RecurrentLanguageModel
from wordkit.storage.config import read_config
from wordkit.storage.files import new_file
from wordkit.storage.tensors import TensorWriter


def pytorch_tensors(model: RecurrentLanguageModel) -> dict[str, np.ndarray]:
    """The weights as ``torch.nn`` names and shapes them.

    ``embedding.weight`` (V, D) for ``nn.Embedding``; ``rnn.weight_ih_l0`` (G H, D),
    ``rnn.weight_hh_l0`` (G H, H), ``rnn.bias_ih_l0``, ``rnn.bias_hh_l0`` (G H,) and so on
    for ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``; ``decoder.weight`` (V, H) and ``decoder.bias``
    (V,) for ``nn.Linear``.

    Raises
    ------
    ModelError
        PyTorch has no layer for the model's cell.
    """
    tensors = {"embedding.weight": model.embedding.params["weight"]}
    for number, layer in enumerate(model.recurrent.layers):
        for weight in ("weight_ih", "weight_hh"):
            tensors[f"rnn.{weight}_l{number}"] = layer.params[weight].T
        for bias, array in zip(("bias_ih", "bias_hh"), layer.torch_biases(), strict=True):
            tensors[f"rnn.{bias}_l{number}"] = array
    tensors["decoder.weight"] = model.output.params["weight"]
    tensors["decoder.bias"] = model.output.params["bias"]
    return {name: to_host(tensor) for name, tensor in tensors.items()}


LAYOUTS = {"pytorch": pytorch_tensors}


def export(model: RecurrentLanguageModel, path: str | Path, layout: str = "pytorch") -> None:
    """Write the weights in one of ``LAYOUTS`` to a safetensors file.

    Raises
    ------
    ModelError
        The layout is none of them; the file would lie inside the folder of a model; or it
        cannot be written (a full disk, say).
    """
    if layout not in LAYOUTS:
        raise ModelError(f"layout must be one of {', '.join(LAYOUTS)}, not {layout!r}")
    for folder in Path(path).resolve().parents:
        if _is_model(folder):
            raise ModelError(
                f"{path} lies in the folder of the model {folder}, whose own weights are there: "
                "name a place outside of it"
            )
    tensors = LAYOUTS[layout](model)
    try:
        with new_file(path) as file:
            writer = TensorWriter(file, {k: (v.shape, v.dtype) for k, v in tensors.items()})
            for tensor in tensors.values():
                writer.write(tensor)
            writer.close()
    except OSError as error:
        raise ModelError(
            f"{path} cannot be written ({error.strerror or error}): make room, or name another "
            "place"
        ) from error


def _is_model(folder: Path) -> bool:
    try:
        read_config(folder, RecurrentLanguageModel.kind, RecurrentLanguageModel.version)
    except (FormatError, OSError):
        return False
    return True
