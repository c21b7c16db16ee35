"""The reference solution as modules, for tests of what is given: ``exercise_code`` holds stubs."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

SOLUTION = Path(__file__).parents[2] / "instructor" / "solution" / "exercise_code" / "networks"
TASKS = ("affine_forward", "affine_backward", "sigmoid_forward", "sigmoid_backward")


def _load(name):
    spec = spec_from_file_location(f"reference_{name}", SOLUTION / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_layer, _two_layer_net = _load("layer"), _load("two_layer_net")
for _task in TASKS:  # the network has imported the stubs of the same name
    setattr(_two_layer_net, _task, getattr(_layer, _task))

layer = _layer
TwoLayerNet = _two_layer_net.TwoLayerNet
