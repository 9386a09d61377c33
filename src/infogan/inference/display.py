"""How an estimator around a trained model shows itself, at a prompt and in a notebook."""

from typing import Any

from infogan.inference.trained_model import Model


class Displayed:
    """Before scikit-learn's own ways: a class that holds a `model_`, once it has one."""

    model_: Model

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """As scikit-learn has it; around a model that was loaded, that model in a line."""
        if hasattr(self, "model_") and not hasattr(self, "state_"):
            return f"{type(self).__name__}.from_model({self.model_!r})"
        usual: Any = super().__repr__
        return str(usual(N_CHAR_MAX))

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        """For notebooks; once trained, what each code does."""
        if hasattr(self, "model_"):
            return {"text/plain": repr(self), "text/html": self.model_._repr_html_()}
        bundle: dict[str, str] = super()._repr_mimebundle_(**options)  # type: ignore[misc]
        return bundle
