"""What an encoder-decoder is like, and how it is trained: plain values."""

from __future__ import annotations

from dataclasses import dataclass

from wordkit.checks import SHARE, Choice, Interval, check_parameters, parameter
from wordkit.errors import ModelError
from wordkit.layers.attention.kinds import ATTENTIONS
from wordkit.layers.recurrent.cells import CELLS
from wordkit.training.pair_batches import BATCH_TOKENS
from wordkit.training.settings import LAYERS, POSITIVE, SIZES, TrainingSettings

NO_ATTENTION = "none"
UNITS = ("words", "chars")


@dataclass(kw_only=True)
class Seq2SeqSettings:
    """What an encoder-decoder is like.

    ``bidirectional``: the lowest layer of the encoder reads from both ends, with half of the
    units each, as in GNMT (Wu et al. 2016, "Google's Neural Machine Translation System"), and
    so with ``residual``. ``reverse``: Sutskever et al. 2014, "Sequence to Sequence Learning with
    Neural Networks". ``peeky``: the decoder sees the encoder's last state at each step, below
    and above its layers (Cho et al. 2014, "Learning Phrase Representations using RNN
    Encoder-Decoder"). ``input_feeding``: Luong et al. 2015, "Effective Approaches to
    Attention-based Neural Machine Translation". ``scheduled_sampling``: Bengio et al. 2015,
    "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks".
    """

    units: str = parameter("words", Choice(UNITS), help="What the tokens of both sides are.")
    cell: str = parameter("lstm", Choice(CELLS), help="Kind of recurrent layer.")
    layers: int = parameter(1, LAYERS, help="Layers of the encoder and of the decoder.")
    embedding_size: int | None = parameter(
        None,
        SIZES,
        help="Dimensions of a token's vector.",
        none="16, or hidden_size with tie",
    )
    hidden_size: int = parameter(128, SIZES, help="Units of a recurrent layer.")
    attention: str = parameter(
        NO_ATTENTION,
        Choice((NO_ATTENTION, *ATTENTIONS)),
        help="How the decoder looks at the source.",
    )
    bidirectional: bool = parameter(False, help="Read the source from both ends.")
    residual: bool = parameter(False, help="Add to each layer's output its input.")
    reverse: bool = parameter(False, help="Read the source backwards.")
    peeky: bool = parameter(False, help="Show the decoder the encoder's last state at each step.")
    input_feeding: bool = parameter(
        False, help="Feed the attention's output back in at the next step."
    )
    dropout: float = parameter(
        0.0, SHARE, help="Share of units dropped after embeddings, between layers, before output."
    )
    tie: bool = parameter(False, help="Let the output have the weights of the target embedding.")
    share_vocabulary: bool = parameter(
        False, help="One vocabulary and one embedding for both sides."
    )
    label_smoothing: float = parameter(
        0.0, SHARE, help="Share of the probability that other tokens get as targets."
    )
    scheduled_sampling: float = parameter(
        0.0,
        Interval(0, 1),
        help="Share of tokens that the decoder guesses itself in the last epoch of training.",
    )

    @property
    def token_size(self) -> int:
        """Dimensions of a token's vector, given or not."""
        chosen = self.hidden_size if self.tie else 16
        return chosen if self.embedding_size is None else self.embedding_size

    def __post_init__(self) -> None:
        check_parameters(self)
        if self.embedding_size is None:
            self.embedding_size = self.token_size
        if self.tie and (self.peeky or self.embedding_size != self.hidden_size):
            raise ModelError(
                "to tie output and embedding, embedding_size and hidden_size must be the same, "
                f"found {self.embedding_size} and {self.hidden_size}, and the decoder not peeky"
            )
        if self.bidirectional and self.hidden_size % 2:
            raise ModelError(
                "the two directions of a bidirectional encoder have half of the units each: "
                f"hidden_size must be even, not {self.hidden_size}"
            )
        if self.input_feeding and self.attention == NO_ATTENTION:
            raise ModelError(
                "input_feeding feeds what the attention gave: choose an attention, one of "
                f"{', '.join(ATTENTIONS)}"
            )


@dataclass(kw_only=True)
class Seq2SeqTraining(TrainingSettings):
    """How an encoder-decoder is trained; see the parent, ``Trainer`` and ``PairBatches``.

    Rarer tokens than the ``min_count`` of a side are unknown ones; with one vocabulary, a token
    stays that one of the sides keeps.
    """

    batch_size: int = parameter(128, Interval(1), help="Pairs at once.")
    batch_tokens: int = parameter(
        BATCH_TOKENS, Interval(1), help="Most tokens of a batch, both sides and padding."
    )
    max_length: int | None = parameter(
        None, Interval(1), help="Leave out training pairs with more tokens on a side."
    )
    clip: float = parameter(5.0, POSITIVE, help="Largest norm of the gradient.")
    source_min_count: int = parameter(1, Interval(1), help="Rarer source tokens are <unk>.")
    target_min_count: int = parameter(1, Interval(1), help="Rarer target tokens are <unk>.")
