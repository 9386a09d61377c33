"""Every public object says what it is: of itself, or where a base class of ours has said it."""

import importlib
import inspect
import pkgutil
from functools import cached_property

import pytest

import infogan

MODULES = sorted(each.name for each in pkgutil.walk_packages(infogan.__path__, "infogan."))


def silent(module):
    """The public objects of a module without a word of their own or of a base class of ours."""
    if not (module.__doc__ or "").strip() and inspect.getsource(module).strip():
        yield module.__name__
    for name, thing in vars(module).items():
        own = getattr(thing, "__module__", None) == module.__name__
        if name.startswith("_") or not own or not (inspect.isclass(thing) or callable(thing)):
            continue
        said = (vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__) or ""
        # A dataclass that says nothing is given its signature.
        if not said.strip() or said.startswith(f"{name}("):
            yield f"{module.__name__}.{name}"
        if inspect.isclass(thing):
            yield from (f"{module.__name__}.{name}.{each}" for each in silent_members(thing))


def silent_members(cls):
    """What a class defines in public, undocumented there and in its bases of ours."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("infogan.")]
    for name, member in vars(cls).items():
        plain = inspect.isfunction(member) or isinstance(
            member, property | cached_property | classmethod | staticmethod
        )
        # What calling a network does is said where the network is: in its class.
        field = name in getattr(cls, "__dataclass_fields__", {})
        if name.startswith("_") or name == "forward" or field or not plain:
            continue
        if not any(getattr(vars(base).get(name), "__doc__", None) for base in ours):
            yield name


@pytest.mark.parametrize("name", MODULES)
def test_every_public_object_has_a_docstring(name):
    assert not list(silent(importlib.import_module(name)))


def test_the_test_sees_what_is_silent():
    class Silent:
        def talk(self): ...

    Silent.__module__ = "infogan.nowhere"
    assert list(silent_members(Silent)) == ["talk"]
