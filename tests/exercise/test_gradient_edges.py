"""The map of gradients: it marks the edge where a mistake first shows."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from support.handins import COURSE, LAYER, NET
from support.reference_network import TwoLayerNet, layer

from benchmarks import in_process
from exercise_code.gradient_edges import BACKWARDS, follow_gradient
from i2dl_course.samples import variants

# What leaves the gradients of a small table right: states, dtypes, other shapes, large numbers.
UNSEEN = {
    "accumulated", "batch_of_one", "cache_mismatch", "changed_cache", "changed_input",
    "changed_params", "constant_output", "emptied_cache", "extra_keys", "flattened_wrongly",
    "large_input", "layer_missing", "low_precision", "not_flattened", "not_implemented",
    "not_reshaped", "overflow", "overwritten_result", "placeholder_left", "stale_cache",
    "stale_params", "wrong_dtype", "wrong_params",
}  # fmt: skip
OF = {
    "affine_backward": {"h", "W2", "b2"},
    "sigmoid_backward": {"z"},
    "network_backward": {"W1", "b1", "W2", "b2"},
}


def of(mutant):
    made = in_process._module("exercise_code.networks.layer", mutant.files[LAYER])
    with in_process._in_place(made):
        net = in_process._module("exercise_code.networks.two_layer_net", mutant.files[NET])
        return follow_gradient(made, net.TwoLayerNet)


def test_the_right_edge_is_marked_for_nearly_all_mistakes():
    mutants = [m for m in variants.mutants(COURSE) if m.task in OF and m.cause not in UNSEEN]
    missed = [
        mutant.name
        for mutant in mutants
        if (first := of(mutant).first_wrong) is None or first.name not in OF[mutant.task]
    ]
    assert len(mutants) > 120
    assert len(missed) <= 0.05 * len(mutants), missed


@pytest.mark.parametrize(
    ("gradient", "edge"), [("dx", "h"), ("dw", "W2"), ("db", "b2")], ids=["dx", "dw", "db"]
)
def test_each_gradient_of_a_layer_has_its_edge(gradient, edge):
    place = ("dx", "dw", "db").index(gradient)

    def affine_backward(dout, cache):
        right = list(layer.affine_backward(dout, cache))
        right[place] = right[place] + 1
        return tuple(right)

    mine = SimpleNamespace(**{**vars(layer), "affine_backward": affine_backward})
    edges = follow_gradient(mine, TwoLayerNet)
    assert edges.first_wrong.name == edge
    assert f"The first that is wrong is d{edge}: at [" in str(edges)


def test_right_code_has_no_wrong_edge_and_the_same_numbers_each_time():
    one, other = follow_gradient(layer, TwoLayerNet), follow_gradient(layer, TwoLayerNet)
    assert one.first_wrong is None and list(one.edges) == list(BACKWARDS)
    assert all(edge.known for edge in one.edges.values())
    for name in BACKWARDS:
        assert np.array_equal(one.edges[name].yours, other.edges[name].yours)


def test_what_is_not_written_yet_stays_empty():
    def missing(*_):
        raise NotImplementedError

    edges = follow_gradient(
        SimpleNamespace(**{**vars(layer), "sigmoid_forward": missing}), TwoLayerNet
    )
    assert [name for name, edge in edges.edges.items() if edge.known] == ["ŷ", "h", "W2", "b2"]
    nothing = follow_gradient(
        SimpleNamespace(**{**vars(layer), "affine_forward": missing}), TwoLayerNet
    )
    assert str(nothing) == "There is no gradient to follow yet."
