"""The six checks: what each is worth, who judges it, and what a student reads."""

from exercise_code.tests import two_layer_network
from exercise_code.tests.affine_layer import AffineLayer
from exercise_code.tests.checking import Check
from exercise_code.tests.layer_checks import (
    judge_affine_backward,
    judge_affine_forward,
    judge_sigmoid_backward,
    judge_sigmoid_forward,
)
from exercise_code.tests.network_checks import judge_network_backward, judge_network_forward
from exercise_code.tests.sigmoid_layer import SigmoidLayer

_CHECKS = (
    Check(
        "affine_forward",
        points=10,
        function="affine_forward",
        judge=judge_affine_forward,
        cases=AffineLayer.cases,
        says="All values are right",
        hint="out[n, m] is the sum over d of x[n, d] w[d, m], plus b[m]; "
        "try the docstring's example.",
    ),
    Check(
        "affine_backward",
        points=15,
        function="affine_backward",
        judge=judge_affine_backward,
        cases=AffineLayer.cases,
        says="All gradients are right",
        hint="Compare with numeric_gradient for a batch of two samples, one array at a time.",
    ),
    Check(
        "sigmoid_forward",
        points=10,
        function="sigmoid_forward",
        judge=judge_sigmoid_forward,
        cases=SigmoidLayer.cases,
        says="All values are right",
        hint="Try x = 0, where the sigmoid is 1/2, and the example in the docstring.",
    ),
    Check(
        "sigmoid_backward",
        points=15,
        function="sigmoid_backward",
        judge=judge_sigmoid_backward,
        cases=SigmoidLayer.cases,
        says="All gradients are right",
        hint="Try x = 0: the slope there is 1/4. Then compare with numeric_gradient.",
    ),
    Check(
        "network_forward",
        points=25,
        function="TwoLayerNet.forward",
        judge=judge_network_forward,
        cases=two_layer_network.cases,
        says="All predictions are right",
        hint="Follow the compute graph one layer at a time, and print the shape after each.",
    ),
    Check(
        "network_backward",
        points=25,
        function="TwoLayerNet.backward",
        judge=judge_network_backward,
        cases=two_layer_network.cases,
        says="All gradients are right",
        hint="Walk the graph backwards: what a layer returns as dx is the dout of the one "
        "before it.",
    ),
)
CHECKS = {check.name: check for check in _CHECKS}
