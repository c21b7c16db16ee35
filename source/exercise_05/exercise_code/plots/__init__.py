"""The figures of the notebooks, by notebook.

Every function returns a :class:`Plot`: a figure together with the text that says the same in words.

figure       what the figures share
losses       loss curves, which all three notebooks draw
notebook_1   the data, the compute graph, the layers, the trained network
notebook_2a  what the batch size does to cost, noise and convergence
notebook_2b  how optimizers walk, and at which learning rates they learn
player       paths that can be played and set by hand
"""

from exercise_code.plots.figure import LOOKS, Plot
from exercise_code.plots.losses import loss_curves
from exercise_code.plots.notebook_1 import (
    compute_graph,
    errors_in_dollars,
    gradient_comparison,
    gradient_map,
    numeric_gradient_error,
    predicted_against_true,
    price_against_features,
    price_histogram,
    sigmoid_curve,
)
from exercise_code.plots.notebook_2a import (
    final_losses,
    gradient_noise,
    memory_against_batch,
    minibatch_validation,
    operations_against_batch,
    speed_of_convergence,
    step_losses,
    validation_against_training,
)
from exercise_code.plots.notebook_2b import learning_rate_sweep, over_steps, paths_in_a_valley
from exercise_code.plots.player import batch_player, optimizer_player

__all__ = [
    "LOOKS",
    "Plot",
    "batch_player",
    "compute_graph",
    "errors_in_dollars",
    "final_losses",
    "gradient_comparison",
    "gradient_map",
    "gradient_noise",
    "learning_rate_sweep",
    "loss_curves",
    "memory_against_batch",
    "minibatch_validation",
    "numeric_gradient_error",
    "operations_against_batch",
    "optimizer_player",
    "over_steps",
    "paths_in_a_valley",
    "predicted_against_true",
    "price_against_features",
    "price_histogram",
    "sigmoid_curve",
    "speed_of_convergence",
    "step_losses",
    "validation_against_training",
]
