"""What training costs: memory that is really held, and floating-point operations.

N is the number of samples in a batch, D the number of features, H the number of hidden units.
One addition, subtraction, multiplication, division or exponential counts as one operation.
"""

import numpy as np

_FLOAT = 8  # bytes of a float64


def forward_operations(N, D, H):
    """Operations of one forward pass of the two-layer network.

    affine (N, D)·(D, H): each output takes D products, D - 1 sums and one more for the bias, so
    2·D operations, N·H of them. Sigmoid: negate, exponential, add, divide, so 4 for each of N·H.
    The second affine layer has N·1 outputs of 2·H operations.
    """
    return 2 * N * D * H + 4 * N * H + 2 * N * H


def backward_operations(N, D, H):
    """Operations of one backward pass of the two-layer network.

    Second affine layer: dh = dy·W2ᵀ takes one product for each of N·H; dW2 = hᵀ·dy takes N products
    and N - 1 sums for each of H; db2 takes N - 1 sums. Sigmoid: subtract and multiply twice, so 3
    for each of N·H. First affine layer: dW1 takes N products and N - 1 sums for each of D·H; db1
    takes N - 1 sums for each of H; and dX = dz·W1ᵀ, which nobody uses but a layer cannot know that,
    takes H products and H - 1 sums for each of N·D.
    """
    second = N * H + (2 * N - 1) * H + (N - 1)
    sigmoid = 3 * N * H
    first = (2 * N - 1) * D * H + (N - 1) * H + (2 * H - 1) * N * D
    return second + sigmoid + first


def step_operations(net, N):
    """Operations of one forward and one backward pass of ``net`` for a batch of N samples."""
    D, H = net.params["W1"].shape
    return forward_operations(N, D, H) + backward_operations(N, D, H)


def epoch_operations(N, D, H, batch_size):
    """Operations of all passes of one epoch over N samples in batches of ``batch_size``."""
    whole, rest = divmod(N, batch_size)
    sizes = [batch_size] * whole + [rest] * (rest > 0)
    return sum(forward_operations(n, D, H) + backward_operations(n, D, H) for n in sizes)


def held_bytes(*holders):
    """Bytes of all arrays that ``holders`` keep alive, each piece of memory counted once.

    A holder is an array, or a dict, list or tuple of holders. A view keeps alive the whole array
    that it looks into, so that is what it counts for.
    """
    owners = {}
    for array in _arrays(holders):
        while isinstance(array.base, np.ndarray):
            array = array.base
        owners[id(array)] = array.nbytes
    return sum(owners.values())


def forward_memory(net, X):
    """Bytes that a forward pass of ``net`` for X (N, D) leaves behind for the backward pass.

    That is what the cache holds, less what was there before it: the batch itself and the
    parameters.
    """
    net.forward(X)
    return held_bytes(net.cache, X, net.params) - held_bytes(X, net.params)


def backward_memory(net, X):
    """Bytes that are held when a backward pass for X (N, D) has ended: cache and gradients."""
    y_hat = net.forward(X)
    grads = net.backward(np.ones_like(y_hat))
    return held_bytes(net.cache, grads, X, net.params) - held_bytes(X, net.params)


def forward_peak(N, H):
    """Bytes of the arrays that live at once at the peak of a forward pass, layers written plainly.

    That is within the sigmoid, 1 / (1 + exp(-z)): z, -z and exp(-z), all of shape (N, H).
    """
    return 3 * N * H * _FLOAT


def backward_peak(N, D, H):
    """The same for a backward pass, with the cache.

    For a large batch that is within the sigmoid's, dout · h · (1 - h): h from the cache, dout, the
    product dout · h and 1 - h, all of shape (N, H), and beside them the gradients of the second
    layer. The last product goes into one of the factors where NumPy can do so, which it does for
    arrays of more than 256 kB on Linux; else there is a fifth. For a small batch it is at the end:
    h, dh and dz, dX (N, D), and the gradients of all parameters.
    """
    second = H + 1
    within_sigmoid = 4 * N * H + second
    at_the_end = 3 * N * H + N * D + (D + 1) * H + second
    return max(within_sigmoid, at_the_end) * _FLOAT


def measured_peaks(net, X):
    """What Python allocates at most during a forward pass and during the backward pass after it.

    Two numbers of bytes. The second holds what the forward pass has left behind. All objects are
    counted, so for small batches it is more than the arrays.
    """
    import tracemalloc  # here, because it is slow to import and used once

    dy = np.ones_like(net.forward(X))
    net.cache, net.grads = {}, {}
    others_tracing = tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        peaks = []
        for one_pass in (lambda: net.forward(X), lambda: net.backward(dy)):
            tracemalloc.reset_peak()
            one_pass()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        if not others_tracing:
            tracemalloc.stop()
    return tuple(peaks)


def _arrays(holder):
    if isinstance(holder, np.ndarray):
        yield holder
    elif isinstance(holder, dict):
        yield from _arrays(tuple(holder.values()))
    elif isinstance(holder, (list, tuple)):
        for item in holder:
            yield from _arrays(item)
