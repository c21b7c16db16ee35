"""The cost accounting: formulas against counting, bytes against what Python really allocates."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.counted_numbers import counted, operations_of
from support.reference_network import TwoLayerNet

from exercise_code import cost
from exercise_code.data import DataLoader, Part

sizes = st.integers(1, 6)


def counting_net(D, H):
    net = TwoLayerNet(D, H, rng=np.random.default_rng(0))
    net.params = {name: counted(theta) for name, theta in net.params.items()}
    return net


@settings(deadline=None)
@given(sizes, sizes, sizes)
def test_formulas_of_the_operations_agree_with_counting_them(N, D, H):
    net = counting_net(D, H)
    X, dy = counted(np.ones((N, D))), counted(np.ones((N, 1)))
    assert operations_of(lambda: net.forward(X)) == cost.forward_operations(N, D, H)
    assert operations_of(lambda: net.backward(dy)) == cost.backward_operations(N, D, H)
    both = cost.forward_operations(N, D, H) + cost.backward_operations(N, D, H)
    assert cost.step_operations(net, N) == both


@given(st.integers(1, 60), st.data())
def test_an_epoch_costs_what_its_batches_cost(N, data):
    batch_size = data.draw(st.integers(1, N))
    D, H = data.draw(sizes), data.draw(sizes)
    net = TwoLayerNet(D, H, rng=np.random.default_rng(0))
    loader = DataLoader(Part(np.zeros((N, D)), np.zeros((N, 1))), batch_size)
    wanted = sum(cost.step_operations(net, len(X)) for X, _ in loader)
    assert cost.epoch_operations(N, D, H, batch_size) == wanted


def allocated_by(action):
    """Bytes that are still allocated after ``action``, as Python itself counts them."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = action()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    del kept
    return after - before


@pytest.mark.parametrize(("N", "D", "H"), [(4000, 6, 32), (500, 200, 100)])
def test_memory_of_a_pass_is_what_is_really_held(N, D, H):
    net = TwoLayerNet(D, H, rng=np.random.default_rng(0))
    X = np.random.default_rng(1).normal(size=(N, D))
    dy = np.ones((N, 1))

    # Next to the arrays stand a few hundred bytes of dicts, tuples and array headers.
    slack = 6000

    def forward():
        net.forward(X)  # the predictions are the caller's

    assert allocated_by(forward) == pytest.approx(cost.forward_memory(net, X), abs=slack)

    net.cache, net.grads = {}, {}

    def both():
        net.forward(X)
        net.backward(dy)

    assert allocated_by(both) == pytest.approx(cost.backward_memory(net, X), abs=slack)


def test_memory_of_a_pass_is_what_the_shapes_say():
    N, D, H = 50, 6, 16
    net = TwoLayerNet(D, H, rng=np.random.default_rng(0))
    X = np.zeros((N, D))
    activations, parameters = 8 * N * H, 8 * (D * H + H + H + 1)
    assert cost.forward_memory(net, X) == activations
    assert cost.backward_memory(net, X) == activations + parameters


def test_a_batch_that_is_a_slice_is_not_charged_to_the_network():
    net = TwoLayerNet(3, 2, rng=np.random.default_rng(0))
    houses = np.zeros((100, 3))
    assert cost.forward_memory(net, houses[10:20]) == 8 * 10 * 2


def test_one_buffer_counts_once_and_a_view_as_the_whole_it_keeps():
    whole = np.zeros((10, 10))
    assert cost.held_bytes() == 0
    assert cost.held_bytes(whole) == 800
    assert cost.held_bytes(whole, whole) == 800
    assert cost.held_bytes({"a": whole, "b": [whole.T, (whole[2:], whole.ravel())]}) == 800
    assert cost.held_bytes(whole[:1]) == 800  # a row keeps all of it alive
    assert cost.held_bytes(whole[:1][:, :2]) == 800  # and so does a view of a view
    assert cost.held_bytes(whole, whole.copy()) == 1600
    assert cost.held_bytes({"w": whole, "learning_rate": 0.1, "steps": 3}) == 800
