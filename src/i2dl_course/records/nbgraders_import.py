"""Importing nbgrader without what makes it slow, for every process with nbgrader in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

# jsonschema looks for these optional libraries. The grammar of the first takes a second or two to
# make, half of what importing nbgrader costs, and the patterns of the second a twentieth. Without
# them a few formats of addresses are not checked.
_SLOW = ("rfc3987_syntax", "rfc3986_validator")
# And nbgrader.utils for this, which unpacks archives and is a tenth, with what stands above it.
_UNPACKING = "setuptools.archive_util"


def import_quickly() -> None:
    """Leave out what makes nbgrader's import slow; to be called before it.

    The package itself imports its four extensions of Jupyter's server, and with them all that there
    is of nbgrader. Here it is what its folder is, so that a module of it imports what it needs; its
    own code is run when somebody asks for the names of the extensions.
    """
    for name in _SLOW:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None: it is not to be had
    if "setuptools" not in sys.modules:
        sys.modules[_UNPACKING] = _Late(_UNPACKING)
    spec = find_spec("nbgrader") if "nbgrader" not in sys.modules else None
    if spec is None or spec.loader is None:
        return
    package: Any = module_from_spec(spec)
    run = spec.loader.exec_module

    def of_the_extensions(name: str) -> object:
        if not name.startswith(("_jupyter_", "_load_jupyter_")):
            raise AttributeError(f"module 'nbgrader' has no attribute {name!r}")
        del package.__getattr__
        run(package)
        return getattr(package, name)

    package.__getattr__ = of_the_extensions
    sys.modules["nbgrader"] = package
    package.__version__ = import_module("nbgrader._version").__version__


class _Late(ModuleType):
    """Stands for a module until one of its functions is called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any, **named: Any) -> Any:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            return getattr(import_module(self.__name__), name)(*arguments, **named)

        return call


def without_slow_library(folder: Path) -> dict[str, str]:
    """The same for processes: the variables to start them with, for which `folder` is made."""
    folder.mkdir()
    for name in _SLOW:
        (folder / f"{name}.py").write_text("raise ImportError('left out')\n")
    return {"PYTHONPATH": str(folder)}
