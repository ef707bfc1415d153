"""What scikit-learn asks of an estimator."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from wordkit.checks import parameters_of
from wordkit.errors import ModelError

Class = TypeVar("Class", bound=type)
Settings = TypeVar("Settings")


class Estimator:
    """A parent in place of ``sklearn.base.BaseEstimator``, which takes a second to import.

    ``clone``, pipelines and searches take its children as they take scikit-learn's own. The
    parameters are those of ``__init__``, which only keeps them, each under its name.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name; ``deep`` changes nothing, as none is an estimator."""
        return {name: vars(self)[name] for name in parameters_of(self)}

    def set_params(self, **params: Any) -> Any:
        """Change some parameters; returns self."""
        known = parameters_of(self)
        for name, value in params.items():
            if name not in known:
                kind = type(self).__name__
                raise ModelError(f"{kind} has no parameter {name!r}: it has {', '.join(known)}")
            setattr(self, name, value)
        return self

    def settings_of(self, kind: type[Settings]) -> Settings:
        """Those parameters that are fields of a dataclass of settings, checked by it."""
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        return kind(**{name: vars(self)[name] for name in names})

    def check_fitted(self, attribute: str) -> None:
        """Raise scikit-learn's ``NotFittedError`` where the learned attribute is missing."""
        if not hasattr(self, attribute):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet: call fit, or load a saved one"
            )

    def __repr__(self) -> str:
        known = parameters_of(self)
        changed = (
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(known[name].default)
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags

        return Tags(
            estimator_type=None, target_tags=TargetTags(required=False), transformer_tags=None
        )


def documented(cls: Class) -> Class:
    """Add to a docstring the parameters, with the help and the defaults of their declarations."""
    lines = ["", "    Parameters", "    ----------"]
    for name, declared in parameters_of(cls).items():
        default = declared.none if declared.default is None else repr(declared.default)
        lines += [f"    {name} : {declared.kind}, default {default}", f"        {declared.help}"]
    cls.__doc__ = "\n".join([(cls.__doc__ or "").rstrip(), *lines, ""])
    return cls
