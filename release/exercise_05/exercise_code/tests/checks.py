"""The six checks: what each is worth, who judges it, and what a student reads."""

from functools import partial

from exercise_code.tests import halfway, layer_checks, network_checks, two_layer_network
from exercise_code.tests.affine_layer import AffineLayer
from exercise_code.tests.checking import Check
from exercise_code.tests.layer_checks import (
    judge_affine_backward,
    judge_affine_forward,
    judge_sigmoid_backward,
    judge_sigmoid_forward,
)
from exercise_code.tests.network_checks import judge_network_backward, judge_network_forward
from exercise_code.tests.points import POINTS
from exercise_code.tests.sigmoid_layer import SigmoidLayer
from exercise_code.tests.tracing import Probe

_OTHERS = layer_checks.with_other_numbers, layer_checks.in_another_shape


def _forward_probe(layer, on_the_way):
    answers = partial(layer_checks.forward_answers, layer)
    return Probe((layer.forward,), ("out",), answers, *_OTHERS, on_the_way)


def _backward_probe(layer, on_the_way):
    answers = partial(layer_checks.backward_answers, layer)
    called = layer.backward, layer.forward
    return Probe(called, layer.gradients, answers, *_OTHERS, on_the_way)


_CHECKS = (
    Check(
        "affine_forward",
        points=POINTS["affine_forward"],
        function="affine_forward",
        judge=judge_affine_forward,
        cases=AffineLayer.cases,
        probe=_forward_probe(AffineLayer, halfway.of_affine_forward),
        says="All values are right",
        hint="out[n, m] is the sum over d of x[n, d] w[d, m], plus b[m]; "
        "try the docstring's example.",
        learnt="One matrix product does all samples at once: that is why networks are fast.",
    ),
    Check(
        "affine_backward",
        points=POINTS["affine_backward"],
        function="affine_backward",
        judge=judge_affine_backward,
        cases=AffineLayer.cases,
        probe=_backward_probe(AffineLayer, halfway.of_affine_backward),
        says="All gradients are right",
        hint="Compare with numeric_gradient for a batch of two samples, one array at a time.",
        hints={
            name: f"The docstring says that {name}[{index}] is the sum over {over}, and nothing "
            "more. Compute one entry by hand, and compare factor by factor."
            for name, index, over in (
                ("dx", "n, d", "m of dout[n, m] w[d, m]"),
                ("dw", "d, m", "n of x[n, d] dout[n, m]"),
                ("db", "m", "n of dout[n, m]"),
            )
        },
        stronger="The shapes leave one way for each. dx (N, D) comes from dout (N, M) and w (D, "
        "M). dw (D, M) comes from the flattened x (N, D) and dout (N, M). db (M,) is dout added up "
        "over axis 0. At the end, dx gets back the shape of x.",
        learnt="Going backwards, a product becomes a product with the transpose, and what was "
        "shared is added up.",
    ),
    Check(
        "sigmoid_forward",
        points=POINTS["sigmoid_forward"],
        function="sigmoid_forward",
        judge=judge_sigmoid_forward,
        cases=SigmoidLayer.cases,
        probe=_forward_probe(SigmoidLayer, halfway.of_sigmoid_forward),
        says="All values are right",
        hint="Work out x = 0 and x = 5 by hand, by the docstring's formula, and print each step: "
        "which is the first that differs?",
        learnt="This bend is what makes two layers more than one straight line.",
    ),
    Check(
        "sigmoid_backward",
        points=POINTS["sigmoid_backward"],
        function="sigmoid_backward",
        judge=judge_sigmoid_backward,
        cases=SigmoidLayer.cases,
        probe=_backward_probe(SigmoidLayer, halfway.of_sigmoid_backward),
        says="All gradients are right",
        hint="Try x = 0: the slope there is 1/4. Then compare with numeric_gradient.",
        stronger="On paper the derivative comes out as σ(x) times (1 - σ(x)). The cache is σ(x) "
        "already. Multiply dout with both factors, entry by entry.",
        learnt="A derivative can often be had from the output alone; so the output is all that has "
        "to be kept.",
    ),
    Check(
        "network_forward",
        points=POINTS["network_forward"],
        function="TwoLayerNet.forward",
        judge=judge_network_forward,
        cases=two_layer_network.cases,
        probe=Probe(
            ("TwoLayerNet.forward",),
            ("y_hat",),
            network_checks.prediction,
            network_checks.with_other_numbers,
            two_layer_network.another_batch,
            halfway.of_network_forward,
        ),
        says="All predictions are right",
        hint="Follow the compute graph one layer at a time, and print the shape after each.",
        stronger="Four lines. affine_forward of X with W1 and b1 gives z and a cache; "
        "sigmoid_forward of z gives h and a cache; affine_forward of h with W2 and b2 gives y_hat "
        "and a cache. Put the three caches into self.cache under their names.",
        learnt="A network is nothing but layers that are called one after the other.",
    ),
    Check(
        "network_backward",
        points=POINTS["network_backward"],
        function="TwoLayerNet.backward",
        judge=judge_network_backward,
        cases=two_layer_network.cases,
        probe=Probe(
            ("TwoLayerNet.backward", "TwoLayerNet.forward"),
            two_layer_network.NAMES,
            network_checks.answers,
            network_checks.with_other_numbers,
            two_layer_network.another_batch,
            halfway.of_network_backward,
        ),
        says="All gradients are right",
        hint="Walk the graph backwards: what a layer returns as dx is the dout of the one "
        "before it.",
        hints=dict.fromkeys(
            ("W2", "b2"),
            "W2 and b2 come straight from dy: affine_backward of dy with the cache of affine2, and "
            "nothing before or after it.",
        ),
        stronger="Four lines, from the back. affine_backward of dy with the cache of affine2 "
        "gives dh, dW2, db2. sigmoid_backward of dh gives dz. affine_backward of dz with the cache "
        "of affine1 gives dW1, db1. Then collect the four gradients in grads.",
        learnt="This was backpropagation. Deep networks need nothing else, only more layers.",
    ),
)
CHECKS = {check.name: check for check in _CHECKS}
