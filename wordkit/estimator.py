"""What scikit-learn asks of an estimator."""

from __future__ import annotations

from typing import Any

from wordkit.checks import parameters_of
from wordkit.errors import ModelError


class Estimator:
    """A parent in place of ``sklearn.base.BaseEstimator``, which takes a second to import.

    ``clone``, pipelines and searches take its children as they take scikit-learn's own. The
    parameters are those of ``__init__``, which only keeps them, each under its name.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` changes nothing, as none is an estimator."""
        return {name: getattr(self, name) for name in parameters_of(self)}

    def set_params(self, **params: Any) -> Any:
        """Change some parameters; returns self."""
        known = parameters_of(self)
        for name, value in params.items():
            if name not in known:
                kind = type(self).__name__
                raise ModelError(f"{kind} has no parameter {name!r}: it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        changed = (
            f"{name}={getattr(self, name)!r}"
            for name, parameter in parameters_of(self).items()
            if getattr(self, name) is not parameter.default
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(
            estimator_type=None, target_tags=TargetTags(required=False), transformer_tags=None
        )
