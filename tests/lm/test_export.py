"""The exported weights make the same model in PyTorch."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.layers.recurrent.formulas import sigmoid
from tests.lm.small import small_model
from wordkit.errors import ModelError
from wordkit.lm.export import export
from wordkit.lm.perplexity import log_probabilities, perplexity

IDS = np.random.default_rng(4).integers(0, 9, 300)


def test_names_and_shapes(tmp_path: Path) -> None:
    export(small_model(layers=2, hidden_size=3), tmp_path / "m.safetensors")
    shapes = {name: array.shape for name, array in load_file(tmp_path / "m.safetensors").items()}
    assert shapes == {
        "embedding.weight": (9, 4),
        "rnn.weight_ih_l0": (12, 4),
        "rnn.weight_hh_l0": (12, 3),
        "rnn.bias_ih_l0": (12,),
        "rnn.bias_hh_l0": (12,),
        "rnn.weight_ih_l1": (12, 3),
        "rnn.weight_hh_l1": (12, 3),
        "rnn.bias_ih_l1": (12,),
        "rnn.bias_hh_l1": (12,),
        "decoder.weight": (9, 3),
        "decoder.bias": (9,),
    }


def test_from_every_array_module(tmp_path: Path, xp: Any) -> None:
    export(small_model(), tmp_path / "host.safetensors")
    export(small_model(xp=xp), tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == (
        tmp_path / "host.safetensors"
    ).read_bytes()


def test_a_layout_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="layout must be one of pytorch, not 'onnx'"):
        export(small_model(), tmp_path / "m.safetensors", layout="onnx")


def test_not_into_the_folder_of_a_model(tmp_path: Path) -> None:
    model = small_model()
    model.save(tmp_path / "m")
    before = (tmp_path / "m" / "model.safetensors").read_bytes()
    for name in "model.safetensors", "checkpoints/new.safetensors":
        with pytest.raises(ModelError, match=r"lies in the folder of the model .*: name a place"):
            export(model, tmp_path / "m" / name)
    assert (tmp_path / "m" / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_same_probabilities_by_the_formulas_of_pytorch(
    tmp_path: Path, cell: str, layers: int
) -> None:
    """Those of the documentation of ``nn.RNN``, ``nn.GRU`` and ``nn.LSTM``, word by word."""
    model = small_model(cell=cell, layers=layers, hidden_size=3)
    export(model, tmp_path / "m.safetensors")
    tensors = load_file(tmp_path / "m.safetensors")
    h, c = np.zeros((layers, 3)), np.zeros((layers, 3))
    found = []
    for word, following in pairwise(IDS[:40]):
        x = tensors["embedding.weight"][word]
        for n in range(layers):
            of = {k: tensors[f"rnn.{k}_l{n}"] for k in ("weight_ih", "weight_hh")}
            a = of["weight_ih"] @ x + tensors[f"rnn.bias_ih_l{n}"]
            b = of["weight_hh"] @ h[n] + tensors[f"rnn.bias_hh_l{n}"]
            if cell == "rnn":
                h[n] = np.tanh(a + b)
            elif cell == "lstm":
                i, f, g, o = np.split(a + b, 4)
                c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
                h[n] = sigmoid(o) * np.tanh(c[n])
            else:
                (r, z, g), (r_h, z_h, g_h) = np.split(a, 3), np.split(b, 3)
                z = sigmoid(z + z_h)
                h[n] = (1 - z) * np.tanh(g + sigmoid(r + r_h) * g_h) + z * h[n]
            x = h[n]
        scores = tensors["decoder.weight"] @ x + tensors["decoder.bias"]
        found.append(scores[following] - np.log(np.exp(scores).sum()))
    expected = np.concatenate(list(log_probabilities(model, IDS[:40])))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("settings", [{}, {"layers": 2, "tie": True}])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_same_perplexity_in_pytorch(
    tmp_path: Path, cell: str, settings: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file as load_tensors

    model = small_model(cell=cell, dtype=np.float32, **settings)
    export(model, tmp_path / "m.safetensors")

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(9, 4)
            rnn = getattr(torch.nn, cell.upper())
            self.rnn = rnn(4, 4, settings.get("layers", 1), batch_first=True)
            self.decoder = torch.nn.Linear(4, 9)

        def forward(self, ids: Any) -> Any:
            return self.decoder(self.rnn(self.embedding(ids))[0])

    net = Net()
    net.load_state_dict(load_tensors(tmp_path / "m.safetensors"))
    ids = torch.from_numpy(IDS)
    with torch.no_grad():
        logs = torch.log_softmax(net(ids[None, :-1])[0], dim=1)[torch.arange(299), ids[1:]]
    assert perplexity(model, IDS) == pytest.approx(float(torch.exp(-logs.mean())), rel=1e-5)
    found = np.concatenate(list(log_probabilities(model, IDS)))
    np.testing.assert_allclose(found, logs.numpy(), rtol=1e-4, atol=1e-5)
