# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Gradient descent and minibatch SGD
#
# A gradient can be computed from all houses, from a few, or from a single one. In this notebook you find out what that
# choice costs and what it gives: memory, operations, stability, speed.
#
# **After it you can**
#
# - say what a minibatch gradient is an estimate of, and how far off it is,
# - tell which costs depend on the batch size and which do not,
# - compare two training runs fairly,
# - see through one popular claim about large batches.
#
# | Time | about 45 minutes |
# |---|---|
# | You write | two small functions in this notebook, and what you like at the end |
# | Graded | nothing: no points, nothing to hand in |
# | Needs | all six tasks of notebook 1 |
#
# If a cell says *not implemented yet*, nothing is broken. A task of notebook 1 is still open, and the sentence says which.
# Finish it, save, and run the cell again.

# %% [markdown]
# ## Does everything work?

# %%
# Opened alone, as Colab does it? Then the rest is fetched from where your course has published it.
PUBLISHED = ""

try:
    from importlib.util import find_spec

    if PUBLISHED and not find_spec("exercise_code"):
        import shutil
        import urllib.request
        from pathlib import Path

        print(f"Fetching exercise_code from {PUBLISHED}")
        shutil.unpack_archive(urllib.request.urlretrieve(PUBLISHED)[0], "published", "zip")
        shutil.copytree(next(Path("published").rglob("exercise_code")), "exercise_code")

    from exercise_code.environment import report

    report()
except (ImportError, OSError) as problem:
    print(f"✗ The folder exercise_code is not beside this notebook ({problem}).")
    print("  Open the whole folder that your course hands out, not this file alone.")

# %%
import numpy as np

from exercise_code import cost, plots
from exercise_code.data import DataLoader, HousePrices
from exercise_code.experiments import Sweep, costs_and_gains
from exercise_code.networks import MSE, SGD
from exercise_code.networks.two_layer_net import TwoLayerNet
from exercise_code.practice import check_epoch, check_estimate
from exercise_code.predicting import predict
from exercise_code.reloading import follow_edits
from exercise_code.solver import Solver
from exercise_code.tables import Table

follow_edits()
data = HousePrices()
loss = MSE()
n = data.train.size  # 1,756 houses to train on
D, H = 6, 32  # features and hidden units

# %% [markdown]
# ## Two ways to take a step
#
# *Gradient descent* looks at all $n$ houses before it takes one step:
#
# $$\theta^{k+1} = \theta^k - \alpha\, \frac{1}{n} \sum_{i=1}^{n} \nabla_\theta L_i(\theta^k, x_i, y_i)$$
#
# The sum is an average over all houses. In other words: it is what you expect of *one* house drawn at random.
#
# $$\frac{1}{n} \sum_{i=1}^{n} \nabla_\theta L_i = \mathbb{E}_{i \sim [1, \dots, n]} \left[ \nabla_\theta L_i \right]$$
#
# And what is expected can be estimated from a sample. *Minibatch SGD* averages over a small random set of houses
# $S \subseteq \{1, \dots, n\}$, the minibatch, and takes its step at once:
#
# $$\frac{1}{n} \sum_{i=1}^{n} \nabla_\theta L_i \;\approx\; \frac{1}{|S|} \sum_{j \in S} \nabla_\theta L_j$$
#
# In code the two differ in nothing but $S$. The factor $1/|S|$ is in `loss.backward`.
#
# Words: one step, with one minibatch or with all houses, is what the slides call an *iteration*. The learning rate is
# $\alpha$ here and on the slides about gradient descent; on others, and in notebook 2b, the same number is called $\lambda$.


# %%
def gradient(net, S):
    """Gradient of the loss of the training houses S, all parameters in one long vector."""
    X, y = data.train.X[S], data.train.y[S]
    grads = net.backward(loss.backward(net.forward(X), y))
    return np.concatenate([g.ravel() for g in grads.values()])


def new_net(seed):
    return TwoLayerNet(D, H, rng=np.random.default_rng(seed))


# %% [markdown]
# First the equation in the middle. We take the gradient of every single house, average the 1,756 results, and compare with
# the gradient of all houses at once.

# %%
net = new_net(seed=0)
everyone = np.arange(n)
one_by_one = np.array([gradient(net, [i]) for i in range(n)])
difference = np.abs(one_by_one.mean(axis=0) - gradient(net, everyone)).max()
print(f"largest difference: {difference:.1e}")

# %% [markdown]
# Nothing but rounding. A single house is right *on average*. How far off it is each time we shall measure below.
#
# ### Write it: an estimate
#
# Now the third equation. `rng.choice(n, size=B, replace=False)` draws $B$ houses, none of them twice. Return their gradient: two
# lines in all.

# %%
def estimate(net, B, rng):
    """The gradient, estimated from B houses drawn at random."""
    raise NotImplementedError("estimate: draw B of the n houses, return their gradient.")


right = check_estimate(estimate, gradient, net, n)

# %% [markdown]
# <details><summary>Answer</summary>
#
# ```python
# S = rng.choice(n, size=B, replace=False)
# return gradient(net, S)
# ```
#
# </details>
#
# ### Write it: the loop
#
# Minibatch SGD is a loop over minibatches: predict, take the gradient of the loss, step. Three lines, with `net.forward`,
# `loss.backward`, `net.backward` and `optimizer.step`. With a loader that gives all houses at once the same three lines are
# gradient descent.

# %%
def one_epoch(net, optimizer, loader):
    for X, y in loader:
        raise NotImplementedError("one_epoch: predict, take the gradient of the loss, step.")


right = check_epoch(one_epoch, data, loss)

# %% [markdown]
# <details><summary>Answer</summary>
#
# ```python
# y_hat = net.forward(X)
# dy = loss.backward(y_hat, y)
# optimizer.step(net.backward(dy))
# ```
#
# </details>
#
# From here on the given `Solver` runs the loop, and writes down what happens. Whether you wrote yours or not, all that follows
# works.

# %% [markdown]
# ### See it move
#
# A valley made of 64 small ones, one for each sample, and three ways down. *Play*, or go step by step, and change the learning
# rate.
#
# **Predict before you run.** Which of the three paths will come to rest?

# %%
plots.batch_player()

# %% [markdown]
# **What to see.** That of all samples. Batch 32 trembles a little, and batch 1 wanders about the minimum for ever: each step
# leads towards the middle of another sample. With a smaller $\alpha$ it wanders less, and takes longer to get there.
#
# ## Memory
#
# Two questions are often taken for one. What does a pass *hold* when it has ended? And what does it *need* at its peak,
# on the way?
#
# *Held.* The backward pass needs what the forward pass has kept: the caches. `cost.forward_memory` adds up the bytes of all
# arrays that are really held after a forward pass, without the data and the parameters, which are there anyway.
# `cost.backward_memory` does the same after a backward pass; then the gradients have come on top.
#
# *Needed.* On the way there are arrays that nobody keeps. `cost.forward_peak` counts them for layers written in the plain
# way: in the sigmoid three arrays of $B \cdot H$ numbers live at once, $z$, $-z$ and $e^{-z}$. In its backward pass,
# `cost.backward_peak`, there are four: $h$ from the cache, $dh$, and two factors of the result. (In small batches
# the gradients need more than these four.)
#
# **Predict before you run.** How many times as much does the forward pass of all 1,756 houses hold as that of a single one?
# And which pass needs more at its peak?

# %%
predict("memory", ...)  # a number
sizes = [1, 4, 32, 256, n]
forward_memory = [cost.forward_memory(net, data.train.X[:B]) for B in sizes]
backward_memory = [cost.backward_memory(net, data.train.X[:B]) for B in sizes]
forward_peak = [cost.forward_peak(B, H) for B in sizes]
backward_peak = [cost.backward_peak(B, D, H) for B in sizes]
peaks = cost.measured_peaks(net, data.train.X)
print("full batch, peak measured forward {:,} bytes, backward {:,} bytes".format(*peaks))
plots.memory_against_batch(sizes, forward_memory, backward_memory, forward_peak, backward_peak)

# %% [markdown]
# **What to see.** The cache is proportional to the batch: 256 bytes for each house, which is the sigmoid's output, 32
# numbers of 8 bytes. So all houses need 1,756 times as much as one. The peaks of large batches grow in the same way: forward
# 3 times as much as is held afterwards, backward 4 times. So it is the backward pass that decides whether a batch fits.
#
# The gradients have the shape of the parameters. There are 257 of those, so the gradients take 2,056 bytes, at any batch
# size. At batch 1 they are most of the memory; at the full batch nobody notices them.
#
# Here even the full batch holds less than half a megabyte, and needs less than two megabytes at its peak. With millions of
# pictures and a deep network it is memory that rules out the full batch.

# %% [markdown]
# ## Operations
#
# How many additions, multiplications and so on does one iteration take? For a batch of $B$ houses, `cost.py` derives it from
# the shapes. An epoch, which is one pass over all houses, takes $n/B$ iterations, rounded up. Each ends in an update, and
# SGD's update multiplies and subtracts once for each of the 257 parameters.

# %%
parameters = sum(theta.size for theta in net.params.values())

per_step = [cost.forward_operations(B, D, H) + cost.backward_operations(B, D, H) for B in sizes]
passes_per_epoch = [cost.epoch_operations(n, D, H, B) for B in sizes]
updates_per_epoch = [int(np.ceil(n / B)) * 2 * parameters for B in sizes]

# %% [markdown]
# **Predict before you run.** One *step* of the full batch costs 1,756 times as much as one of batch 1, or even more. How many
# times as much does one *epoch* cost?

# %%
predict("epoch", ...)  # a number
plots.operations_against_batch(sizes, per_step, passes_per_epoch, updates_per_epoch)

# %% [markdown]
# **What to see.** A step costs in proportion to the batch. An epoch costs about the same whatever the batch size, because it
# looks at every house once. So "operations" and "epochs" are nearly the same axis, and a plot against the one tells
# nothing that a plot against the other does not.
#
# *Nearly*, because the passes of batch 1 take 16 % less: adding up the gradients of $B$ houses takes $B - 1$ additions, none
# if there is one house. But batch 1 also updates after every house. With the updates it takes 16 % more.

# %% [markdown]
# ## Training
#
# Now we train: five batch sizes, five seeds each, 15 epochs, the same learning rate for all. A seed decides the first
# weights and the order of the houses. One run could be luck; five show what is luck.
#
# A `Sweep` trains a setting when it is first asked for. So the next cell is done at once, and the first plot below has to
# wait for the training. Expect 5 to 15 seconds.

# %%
learning_rate = 0.05
epochs = 15
seeds = range(5)


def train(batch_size, seed, epochs=epochs, learning_rate=learning_rate):
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(D, H, rng=rng)
    loader = DataLoader(data.train, batch_size, shuffle=True, rng=rng)
    solver = Solver(net, loss, SGD(net.params, learning_rate), loader, data.val, verbose=False)
    solver.train(epochs)
    return solver


batches = {"batch 1": 1, "batch 4": 4, "batch 32": 32, "batch 256": 256, "full batch": n}
runs = Sweep(train, {label: {"batch_size": B} for label, B in batches.items()}, seeds)

# %% [markdown]
# ## Stability of convergence
#
# ### From step to step
#
# **Predict before you run.** We draw the loss of every minibatch, just before the update it led to. Which batch size gives
# the smoothest curve? And which will have come lowest after 15 epochs?

# %%
predict("smoothest", ...)  # "batch 1", "batch 32" or "full batch"
plots.step_losses(runs.histories(), last=3)

# %% [markdown]
# **What to see.** The smaller the batch, the wilder the curve. At batch 1 every point is the loss of one single house, and
# houses differ.
#
# A wild curve need not be a bad network: much of the scatter is in the *measuring*, not in the weights. And the smooth
# curve of the full batch has hardly got anywhere: it took 15 steps. Batch 1 took 26,340, and came lowest by the median of
# its seeds.

# %% [markdown]
# ### From seed to seed
#
# To see the network rather than the minibatch, measure the loss on a *whole* part of the data after the last epoch. Here
# are the losses of all seeds.
#
# **Predict before you run.** For which two batch sizes will the seeds differ most?

# %%
plots.final_losses(runs.histories())

# %% [markdown]
# **What to see.** The seeds differ most at the two ends, for two different reasons. Batch 1 is noisy: with steps of this
# length its weights never come to rest. The full batch is not noisy at all, but it is still on its way down, and where it is
# depends on where it started. In between, the seeds agree.
#
# You may wonder why the validation loss is *lower* than the training loss. The parts differ, in two ways. First, the
# validation prices vary less: the mean of $y^2$, the loss of a network that always says 0, is 0.83 there and 1.00 in the
# training part. Second, three houses that are very hard to predict happen to be in the training part. At batch 32 those
# three make 12 % of the whole training loss; without them it would be 0.18, with the validation loss still below it.

# %% [markdown]
# ## Speed of convergence
#
# Speed is progress against cost. But which cost? Here are the same runs four times, against epochs, operations, updates and
# seconds.
#
# **Predict before you run.** Which batch size is fastest, in each of the four panels?

# %%
plots.speed_of_convergence(runs.histories())

# %% [markdown]
# **What to see.**
#
# - Against *epochs*, the smaller the batch the faster: more updates from the same houses.
# - Against *operations*, nearly the same picture, as announced: an epoch costs about the same at any batch size.
# - Against *updates*, the order is turned round. Where two curves overlap the larger batch is ahead, because its direction
#   is more exact. But not by much: the curves follow one another nearly on one path. It is the *number* of updates that
#   made the difference.
# - Against *seconds*, usually the middle wins: batch 32 and batch 256 are down first. NumPy works on whole arrays, so a step
#   with 32 houses takes hardly longer than a step with one. Batch 1 pays Python's overhead 1,756 times in each epoch.
#   This panel is the only one that looks different on another computer.
#
# In places the bands of batch 1 and batch 4 leap above 1.5. There, one seed met a very hard house just before its loss was
# measured: a large error makes a long step. By the next epoch it is back at about 0.2 or below.

# %% [markdown]
# ### What is fair?
#
# None of the four axes is the right one. Epochs count how often the data were read, updates how often the weights were
# moved, operations and seconds what it cost. Say which one you use, and why.
#
# The same learning rate for all is not fair either. A large batch knows its direction better and could take a larger step.
# Not any size, though: try it at the end of this notebook. In 2b every optimizer gets its *own* best learning rate.
#
# Nor is it fair to stop all runs after 15 epochs. In that time batch 256 takes 105 steps, the full batch 15. What if we let
# the full batch take 105 steps too?
#
# **Predict before you run.** After equally many updates, which is lower?

# %%
predict("equal updates", ...)  # "batch 256", "full batch" or "neither"
longer = Sweep(train, {"full batch, 105 epochs": {"batch_size": n, "epochs": 105}}, seeds)
plots.loss_curves(
    {"batch 256, 15 epochs": runs.histories()["batch 256"], **longer.histories()},
    against="updates",
    part="train",
)

# %% [markdown]
# **What to see.** Step for step they go together, and they end at the same loss: 0.22. But for every step the full batch
# looks at all 1,756 houses and batch 256 at 256 of them. The exact gradient was 7 times as much work, for nothing.
#
# That is the case for minibatches: **an approximate gradient now is worth more than an exact one later.**

# %% [markdown]
# ## Gradient noise
#
# How approximate? The *noise* of a minibatch gradient is its distance from the gradient of all houses. We draw 1,000
# minibatches of each size and take the root of the mean square of that distance.
#
# Statistics predicts it. Let $\sigma$ be the noise of single houses. The average of $B$ *independent* draws has the noise
# $\sigma / \sqrt{B}$. But a minibatch never holds the same house twice: it is drawn *without replacement*. That makes it a
# little better, by the finite-population correction:
#
# $$\text{noise}(B) = \frac{\sigma}{\sqrt{B}} \cdot \sqrt{\frac{n - B}{n - 1}}$$
#
# **Predict before you run.** How much larger must the batch be to halve the noise? And what is the noise at $B = n$?

# %%
predict("halve the noise", ...)  # how many times as many houses

net = new_net(seed=0)
rng = np.random.default_rng(1)
full_gradient = gradient(net, everyone)


def noise(B, draws=1000):
    minibatches = [gradient(net, rng.choice(n, size=B, replace=False)) for _ in range(draws)]
    squared_distances = np.sum((np.array(minibatches) - full_gradient) ** 2, axis=1)
    return np.sqrt(np.mean(squared_distances))


distances = np.array([gradient(net, [i]) for i in range(n)]) - full_gradient
sigma = np.sqrt(np.mean(np.sum(distances**2, axis=1)))


def formula(B):
    return sigma / np.sqrt(B) * np.sqrt((n - B) / (n - 1))


noise_sizes = np.array([1, 4, 16, 64, 256, 1024, n])
measured = np.array([noise(B) for B in noise_sizes])
slope = np.polyfit(np.log(noise_sizes[:4]), np.log(measured[:4]), 1)[0]  # up to batch 64

full_length = np.linalg.norm(full_gradient)
print(f"slope up to batch 64: {slope:.2f}")
print(f"one house: the noise is {sigma / full_length:.1f} times as long as the gradient")
print(f"full batch: noise {measured[-1]:.0e}")
plots.gradient_noise(noise_sizes, measured, formula, full_length)

# %% [markdown]
# **What to see.** The noise falls as $1/\sqrt{B}$: *four* times as many houses halve it. The measured points are within 5 % of
# the formula, in which nothing was fitted.
#
# Near the full batch the points drop below the straight line. With 1,024 of 1,756 houses in hand, little is left to be
# wrong about; with all of them the factor $n - B$ is 0, and so is the noise. Only rounding remains.
#
# For a single house the noise is more than 9 times as long as the gradient itself. Nearly all of such a step is error! Yet
# SGD gets down, because the errors point in all directions and cancel over many steps, and the gradient does not.
#
# The square root is also why large batches pay so badly. From 64 to 256 houses, the work grows to 4 times as much, and the
# noise falls only to a half.

# %% [markdown]
# ## Does the full batch generalise better?
#
# You may read that full-batch training generalises better, because its validation curve is smooth while the curves of
# small batches jump. Let us look at where such jumps come from.
#
# ### A curve that jumps
#
# Take *one* network, trained with batch 32, and do not change it any more. We measure its validation loss in two ways: on
# minibatches of the validation part, and on the whole part.
#
# **Predict before you run.** The network is the same all the time. How much will its loss jump?

# %%
predict("jump", ...)  # "not at all", "twice" or "a million times"
fixed_net = runs["batch 32"][0].net
validation_losses = {
    f"batch {B}": [loss.forward(fixed_net.forward(X), y) for X, y in DataLoader(data.val, B)]
    for B in (1, 4, 32, 256)
}
whole_loss = loss.forward(fixed_net.forward(data.val.X), data.val.y)
plots.minibatch_validation(validation_losses, whole_loss)

# %% [markdown]
# **What to see.** Measured on single houses, the loss of this one network jumps over six powers of ten. Measured on up to 32
# houses the largest is still 6 times the smallest; on up to 256, not even twice. The jumps say nothing about the network.
# They say on how few houses it was measured.
#
# So a validation curve that jumps because it was measured on small batches is no evidence against small batches. **Measure
# on the whole part, whatever you train with.** The `Solver` does.

# %% [markdown]
# ### A fair comparison
#
# Measured on the whole part, after 15 epochs the full batch is far *behind* (see the plot of all seeds above). That does
# not show that it generalises badly either: it has learnt less of the training part, too.
#
# To generalise well means: to do well on new houses *for how well one does on the known ones*. So draw one against the
# other, after every epoch of every run, with the 105 epochs of the full batch.
#
# **Predict before you run.** If a batch size generalised better, where would its points lie?

# %%
plots.validation_against_training(runs.histories() | longer.histories())

# %% [markdown]
# **What to see.** They would lie lower than the others at the same training loss. Those of the full batch do not: batch 32,
# batch 256 and full batch move along nearly the same curve. At a training loss of 0.22 the validation loss is 0.15, for batch 256
# and for the full batch alike.
#
# Batch 1 and batch 4 come further down than the others, and scatter. Where the full batch has been too, nearly all of their
# points lie above the curve: that is the noise in their weights.
#
# So the full batch does not generalise better here than batch 256, nor worse; it only takes longer. That is one network,
# one data set, five seeds; more we have not measured. But a smooth curve was never a reason.

# %% [markdown]
# ## What each batch size costs and gives

# %%
gains = costs_and_gains(runs.histories(), epochs)
Table(
    {
        "batch size": list(batches.values()),
        "bytes of the cache": forward_memory,
        "operations of a step": per_step,
        **gains,
    },
    "What each batch size costs and gives, at learning rate 0.05. From step to step: standard "
    "deviation over the last 3 epochs of seed 0. From seed to seed: largest less smallest.",
)

# %% [markdown]
# **What to see.**
#
# - Memory and the operations of a step grow with the batch; the operations of an epoch do not.
# - A small batch makes more of an epoch, but shakes. A large batch is steady, but slow.
# - In seconds, batch 1 throws away what NumPy does best.
#
# That is why almost everybody trains with minibatches of some dozen to a few hundred samples. Not because it is proved to be
# best, but because both ends are bad.

# %% [markdown]
# ## Try it yourself
#
# Change what you like and run the cell again. Some questions that are worth a try:
#
# - Does a batch of 32 get further with a learning rate of 0.1? And are its seeds still alike?
#   <details><summary>Answer</summary>By the median a little further. Alike, no: in some epochs its seeds lie more than three times
#   as far apart as at 0.05. A longer step carries more noise.</details>
# - The full batch could take longer steps. What happens at 0.1, at 0.2, at 0.5?
#   <details><summary>Answer</summary>At 0.1 every seed gets further in the same 15 epochs. At 0.2 some do, and others are thrown
#   back. At 0.5 most diverge: no exactness of the direction helps if the step is longer than the valley is wide.</details>
# - What does batch 1 need in order to come to rest?
#   <details><summary>Answer</summary>Shorter and shorter steps. With a tenth of the rate it shakes less from epoch to epoch, its
#   seeds are more alike, and it is slower.</details>

# %%
my_runs = Sweep(
    train,
    {
        "batch 32, rate 0.05": {"batch_size": 32, "learning_rate": 0.05},
        "batch 32, rate 0.1": {"batch_size": 32, "learning_rate": 0.1},
    },
    seeds=range(3),
)
plots.loss_curves(my_runs.histories(), against="epochs", part="train")

# %% [markdown]
# Next comes 2b: with the same gradient, is there a better step than $-\alpha \nabla L$?
