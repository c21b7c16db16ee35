# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Two-layer network: predicting house prices
#
# In this notebook you build your first neural network, out of two kinds of layer, and train it to predict what a house
# is sold for. You write the forward pass and the backward pass yourself, in NumPy, and check every step on the way.
#
# **After it you can**
#
# - write the forward and the backward pass of an affine layer and of a sigmoid,
# - chain layers into a network and send a gradient back through all of them,
# - test any gradient with numbers, without knowing the right answer,
# - say whether a network is worth its trouble, by comparing it with something simpler.
#
# | Time | about 140 minutes |
# |---|---|
# | You edit | `exercise_code/networks/layer.py` and `exercise_code/networks/two_layer_net.py`, nothing else |
# | Graded | six tasks, {{ course.total_points }} points; you receive the bonus with {{ exercise.pass_mark }} or more |
# | Not graded | everything else here, and the notebooks 2a and 2b |
# | Hand in | from {{ exercise.opens | moment }}, until {{ exercise.closes | moment }} ({{ city }} time), as often as you like; the best counts |
#
# The checks in this notebook are the checks on the server. There they run with other numbers.

# %% [markdown]
# ## Does everything work?
#
# Run the next cell first. If *this* one fails, it is not your fault.

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

from exercise_code import plots
from exercise_code.data import DataLoader, HousePrices, Part
from exercise_code.experiments import losses_with_spoilt_gradients
from exercise_code.networks import L1, MSE, Adam
from exercise_code.predicting import predict
from exercise_code.reloading import follow_edits
from exercise_code.solver import Solver
from exercise_code.tables import Table

follow_edits()  # a file takes effect as soon as you have saved it: no need to restart the kernel

# %% [markdown]
# ## House prices as data
#
# The data are 2,928 houses in the town of Ames, Iowa, sold between 2006 and 2010. For each house we know six features and
# the price. The areas are in square feet (1 square foot is 0.093 m²), and the quality is a grade from 1 to 10.

# %%
data = HousePrices()
houses = data.frame()
houses.head()

# %%
houses.describe().loc[["mean", "std", "min", "max"]].round().astype(int)

# %% [markdown]
# **Predict before you run.** Will the prices lie evenly around their mean, or have a long tail on one side? Put your guess in
# place of the three dots, here and wherever you see them. Guesses are not graded.

# %%
predict("prices", ...)  # "evenly", "to the left" or "to the right"
plots.price_histogram(data)

# %% [markdown]
# **What to see.** A long tail to the right: many ordinary houses, and a few that are very expensive.
#
# **Predict before you run.** Which of the four features named below will tell most about the price?

# %%
predict("feature", ...)  # "LivingArea", "YearBuilt", "OverallQuality" or "GarageArea"
plots.price_against_features(data)

# %% [markdown]
# **What to see.** Quality and living area tell most. But look at the shapes: the price does not grow along a straight
# line. From quality 4 to 5 a house gains 28,000 dollars on average, from 8 to 9 more than three times as much. A straight
# line cannot follow that. A network can.

# %% [markdown]
# ### Split
#
# We want to predict prices of houses that the network has *not* seen. So we shuffle the houses once and split them:
# 60 % to train on, 20 % to validate (to choose settings), 20 % to test (nothing is fitted to it, and nothing chosen by it).

# %%
for name, part in (("training", data.train), ("validation", data.val), ("test", data.test)):
    print(f"{name:<10}  X {part.X.shape}  y {part.y.shape}")

# %% [markdown]
# ### Scale
#
# A living area is a number like 1,500, a quality a number like 6. We standardise every column, so that all are treated
# alike: subtract its mean, divide by its standard deviation. The price too.
#
# Mean and standard deviation come from the *training* part alone. Whatever we take from the test part, even only its
# mean, the network has seen.

# %%
Table(
    {
        "feature": data.features,
        "mean, training": data.train.X.mean(axis=0).round(2),
        "mean, test": data.test.X.mean(axis=0).round(2),
        "std, training": data.train.X.std(axis=0).round(2),
        "std, test": data.test.X.std(axis=0).round(2),
    },
    "Mean and standard deviation (std) of each feature after scaling.",
)

# %% [markdown]
# **What to see.** In the training part every mean is 0 and every standard deviation 1. In the test part they are so only
# nearly, and that is how it should be.
#
# ## The objective
#
# A model with parameters $\theta$ predicts $\hat y_i$ for house $i$. How wrong is it, over all $n$ houses?
#
# $$J(\theta) = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2$$
#
# This is the mean squared error, `MSE` in the code. We look for the $\theta$ that makes it small. `MSE` is given. Its
# backward pass returns the gradient with respect to the predictions:
#
# $$\frac{\partial J}{\partial \hat y_i} = \frac{2}{n} (\hat y_i - y_i)$$
#
# Note the $1/n$. **The loss owns the average.** From here on backwards, nobody divides by the number of samples again.
#
# The letters of the lecture: $L_i = (\hat y_i - y_i)^2$ is the loss of one house, and $L$ the loss that is differentiated. On
# the slides about compute graphs $L$ is the *sum* of all $L_i$. Here it is their average, the objective: $L = J$.

# %%
loss = MSE()
value, dy = loss(np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]]))
print("loss    ", value)
print("gradient", dy.ravel())

# %% [markdown]
# ### Two baselines
#
# Before any network: how good is something simple? Two baselines, both measured in dollars on the test part.
#
# 1. Predict the *mean* price for every house.
# 2. *Least squares*: the best straight-line model, $\hat y = x \cdot w + b$.


# %%
def error_in_dollars(y_hat, part):
    """Mean absolute error of standardised predictions (N, 1), in dollars."""
    return L1().forward(data.to_dollars(y_hat), data.to_dollars(part.y))


def with_ones(X):
    """X (N, D) with a last column of ones, so that the last weight acts as the bias."""
    return np.column_stack([X, np.ones(len(X))])


theta, *_ = np.linalg.lstsq(with_ones(data.train.X), data.train.y)

errors = {
    "mean price": error_in_dollars(np.zeros_like(data.test.y), data.test),
    "least squares": error_in_dollars(with_ones(data.test.X) @ theta, data.test),
}
for name, error in errors.items():
    print(f"{name:<14} ${error:,.0f}")

# %% [markdown]
# With the mean, predictions are off by about 56,600 dollars on average. The straight line does much better: about 23,400
# dollars. That is the number to beat.
#
# ## The network as a compute graph
#
# Our model has two affine layers with a sigmoid between them:
#
# $$\hat y = \sigma(X W_1 + b_1)\, W_2 + b_2$$
#
# As a compute graph, with the forward pass from left to right and the backward pass from right to left:

# %%
plots.compute_graph()

# %% [markdown]
# **What to see.** Each box is a layer, and the last one is the loss. Forward, a layer turns its input into its output and
# keeps in a *cache* what it will need again. Backward, it receives the gradient of the loss with respect to its *output*
# (`dout`) and returns the gradient with respect to its *inputs*. That is the chain rule, one box at a time:
#
# $$\frac{\partial L}{\partial \text{input}} = \frac{\partial L}{\partial \text{output}} \cdot
# \frac{\partial \text{output}}{\partial \text{input}}$$
#
# A layer needs to know nothing about the rest of the network. So we write and check one after the other.

# %% [markdown]
# ## The affine layer
#
# On the slides, the affine layer is $z = W \cdot x + b$ for one sample $x$, a column. We process $N$ samples at once and
# keep them as the *rows* of one array. Then the same computation reads $x \cdot w + b$, where $w$ is the transpose of $W$.
# The next cell shows that both are the same.

# %%
rng = np.random.default_rng(0)
W = rng.standard_normal((2, 3))  # 2 outputs, 3 features, as on the slides
b = rng.standard_normal(2)
x = rng.standard_normal((4, 3))  # 4 samples, one in each row

one_by_one = np.array([W @ sample + b for sample in x])
all_at_once = x @ W.T + b
print("largest difference:", np.abs(one_by_one - all_at_once).max())

# %% [markdown]
# ### Task 1: `affine_forward` ({{ points.affine_forward }} points)
#
# | Goal | all samples of a batch through one layer, in one product |
# |---|---|
# | Open | `exercise_code/networks/layer.py`, function `affine_forward` |
# | Difficulty | ●○○○ |
# | Expect | 10 minutes, 2 or 3 lines |
#
# Read the function's description, which gives the shapes and a tiny example. Write the body in place of the lines of
# `raise NotImplementedError(...)`, save the file, run the check.
#
# **Watch out**
#
# - `x` may have more than two dimensions, say a batch of pictures. Flatten every *sample*, not the batch.
# - `b` has shape `(M,)`. NumPy adds it to every row on its own.
#
# <details><summary>Hint 1: flattening</summary>
#
# `reshape` accepts -1 for the one length it can work out itself. How many rows must remain?
#
# </details>
# <details><summary>Hint 2: the product</summary>
#
# `@` is the matrix product. (N, D) times (D, M) gives (N, M).
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "affine_forward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("affine_forward")
### HIDDEN TESTS affine_forward
float(score)

# %% [markdown]
# ### The numeric gradient, a tool for life
#
# Backward passes are easy to get wrong: the code runs, the loss even falls, and yet a gradient is off. So test it with
# numbers. A derivative is a slope, and a slope can be measured by taking a small step to either side:
#
# $$f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}$$
#
# These are *central differences*. How small should the step $h$ be? Let us measure the error for $f(x) = \sin x$, whose
# derivative we know.
#
# **Predict before you run.** Is the smallest $h$ the best?

# %%
from exercise_code.tests import numeric_gradient

x = np.linspace(-3, 3, 25)
steps = np.logspace(-12, 0, 49)
slopes = [numeric_gradient(np.sin, x, np.ones(25), h=h) for h in steps]
difference_errors = [np.abs(slope - np.cos(x)).max() for slope in slopes]
plots.numeric_gradient_error(steps, difference_errors)

# %% [markdown]
# **What to see.** No. For a large step the slope is not that of the curve at $x$: the error grows like $h^2$. For a tiny
# step $f(x+h)$ and $f(x-h)$ share almost all their digits, and what is left of the difference is rounding. In between lies
# the best step, near $10^{-5}$, with an error of about $10^{-11}$. Our checks use that step.
#
# `numeric_gradient(f, x, dout)` does this for every entry of an array `x`. With `dout` it gives the gradient of
# $\sum \text{dout} \cdot f(x)$, which is just what a backward function returns when it is handed that `dout`.
#
# Here it is with a backward pass that is given, the one of `MSE`:

# %%
y_hat, y = rng.standard_normal((5, 1)), rng.standard_normal((5, 1))
numeric = numeric_gradient(lambda y_hat: loss.forward(y_hat, y), y_hat)
largest = np.abs(numeric - loss.backward(y_hat, y)).max()
print(f"largest difference between the numeric gradient and MSE.backward: {largest:.1e}")

# %% [markdown]
# ### Task 2: `affine_backward` ({{ points.affine_backward }} points)
#
# | Goal | the three gradients of a layer, by the chain rule |
# |---|---|
# | Open | `exercise_code/networks/layer.py`, function `affine_backward` |
# | Difficulty | ●●●○ |
# | Expect | 25 minutes, 4 to 6 lines |
#
# Take a pencil first. Write down $\text{out} = x \cdot w + b$ for $N = 2$, $D = 2$, $M = 1$ and ask of *each* entry of $x$,
# $w$ and $b$: which outputs does it touch, and with which factor? Add up over all of them.
#
# **Watch out**
#
# - Do not divide by N. The loss has done that.
# - `dx` has the shape of `x` as it came in, `db` the shape of `b`.
# - A bias is used by every sample of the batch.
#
# <details><summary>Hint 1: shapes</summary>
#
# There is only one way to multiply `dout` (N, M) with `w` (D, M), transposed or not, to get (N, D). And only one to get
# (D, M) from `x` (N, D) and `dout` (N, M).
#
# </details>
# <details><summary>Hint 2: the bias</summary>
#
# $b_m$ is added to out$_{nm}$ for every $n$, each time with the factor 1.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "affine_backward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("affine_backward")
### HIDDEN TESTS affine_backward
float(score)

# %% [markdown]
# Not right yet? Draw it. The next cell sends one gradient back through a tiny network, through your own functions, and
# compares it with the numeric gradient edge by edge. The first that departs gets a frame and is drawn below: a wrong
# transpose, a wrong sum and a wrong factor each leave a picture of their own. The numbers are the same at every run, so you
# can compare before and after. What you have not written yet stays empty.

# %%
from exercise_code.gradient_edges import follow_gradient

plots.gradient_map(follow_gradient())

# %% [markdown]
# ## The sigmoid
#
# Two affine layers, one after the other, are again only an affine layer. What makes the network more than a straight line
# is the *activation function* between them. Ours is the sigmoid:
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}}$$

# %%
plots.sigmoid_curve()

# %% [markdown]
# **What to see.** The sigmoid squeezes every number into (0, 1). Where it is flat, far out on either side, almost no gradient
# comes through.
#
# ### Task 3: `sigmoid_forward` ({{ points.sigmoid_forward }} points)
#
# | Goal | the bend between the two layers |
# |---|---|
# | Open | `exercise_code/networks/layer.py`, function `sigmoid_forward` |
# | Difficulty | ●○○○ |
# | Expect | 5 minutes, 2 lines |
#
# **Watch out**
#
# - The cache is the *output*. Task 4 shows why that is enough.
# - For $x = -1000$ NumPy warns that `exp` overflows. The result 0 is right all the same, and the check takes it.
#
# <details><summary>Hint</summary>
#
# `np.exp` works on a whole array, of any shape.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "sigmoid_forward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("sigmoid_forward")
### HIDDEN TESTS sigmoid_forward
float(score)

# %% [markdown]
# ### Task 4: `sigmoid_backward` ({{ points.sigmoid_backward }} points)
#
# | Goal | a derivative written with the output alone |
# |---|---|
# | Open | `exercise_code/networks/layer.py`, function `sigmoid_backward` |
# | Difficulty | ●●○○ |
# | Expect | 15 minutes, 1 or 2 lines |
#
# Differentiate $\sigma(z) = (1 + e^{-z})^{-1}$ on paper. Then write the result with $\sigma(z)$ alone, without any $e^{-z}$.
# Compare it with the dashed curve above: it must be 1/4 at $\sigma = 1/2$.
#
# **Watch out**
#
# - The cache already *is* $\sigma(z)$.
# - `dout` is still to be multiplied in: the chain rule.
#
# <details><summary>Hint</summary>
#
# $\dfrac{e^{-z}}{(1 + e^{-z})^2} = \dfrac{1}{1 + e^{-z}} \cdot \dfrac{e^{-z}}{1 + e^{-z}}$. The first factor is $\sigma(z)$.
# How far is the second one from 1?
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "sigmoid_backward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("sigmoid_backward")
### HIDDEN TESTS sigmoid_backward
float(score)

# %% [markdown]
# ## The network
#
# Now chain them. Look at the compute graph again: forward is the walk from left to right, backward the walk from right to
# left.
#
# ### Task 5: `TwoLayerNet.forward` ({{ points.network_forward }} points)
#
# | Goal | layers that become a network, and what has to be kept |
# |---|---|
# | Open | `exercise_code/networks/two_layer_net.py`, method `forward` |
# | Difficulty | ●●○○ |
# | Expect | 15 minutes, 4 lines |
#
# **Watch out**
#
# - Every forward function returns *two* things.
# - Keep all three caches in `self.cache`, or `backward` will miss them.
# - No sigmoid after the second affine layer: a standardised price may be any number.
#
# <details><summary>Hint</summary>
#
# Take a layer's two results apart as they come: `z, cache = affine_forward(X, ...)`. Then `z` goes into the next layer, and
# the cache into `self.cache`, under the name that the description gives.
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "network_forward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("network_forward")
### HIDDEN TESTS network_forward
float(score)

# %% [markdown]
# ### Task 6: `TwoLayerNet.backward` ({{ points.network_backward }} points)
#
# | Goal | backpropagation: the chain rule through a whole network |
# |---|---|
# | Open | `exercise_code/networks/two_layer_net.py`, method `backward` |
# | Difficulty | ●●●○ |
# | Expect | 20 minutes, 4 lines |
#
# **Watch out**
#
# - The `dx` of one layer is the `dout` of the layer before it.
# - Every weight *and* every bias has a gradient, of its own shape.
#
# <details><summary>Hint</summary>
#
# Start with `affine_backward(dy, self.cache["affine2"])`. It returns three arrays. Which of them travels on?
#
# </details>

# %% nbgrader={"grade": true, "grade_id": "network_backward", "locked": true, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("network_backward")
### HIDDEN TESTS network_backward
float(score)

# %% [markdown]
# The same picture, now for the whole network. If task 6 fails while tasks 2 and 4 pass, it shows the first parameter whose
# gradient is not right.

# %%
plots.gradient_map(follow_gradient())

# %% [markdown]
# ## Before you train
#
# Two quick tests can show a mistake before a long training run does. They are worth a minute with every network you will
# ever train.
#
# ### Is the first loss what it should be?
#
# **Predict before you run.** An untrained network with small weights predicts about 0 for every house. The prices are
# standardised. What will the loss be? (Look at the objective: with $\hat y_i = 0$ it is the mean of $y_i^2$.)

# %%
from exercise_code.networks.two_layer_net import TwoLayerNet

predict("first loss", ...)  # a number
net = TwoLayerNet(input_size=6, hidden_size=32, rng=np.random.default_rng(0))
first_loss = loss.forward(net(data.train.X), data.train.y)
print(f"loss of the untrained network: {first_loss:.3f}")

# %% [markdown]
# **What to see.** A number close to 1, because the standardised prices have variance 1. A first loss of 5 or of 1,000, on
# *these* prices, would mean that something is wrong before training has begun.
#
# ### Can it learn eight houses by heart?
#
# A network with 32 hidden units has 257 parameters, and eight houses have eight prices. If it cannot learn these by heart,
# it has a bug, most likely in the backward pass.
#
# The loss will start at about 3.5 and not at 1, and nothing is wrong with that: all prices together are standardised, these
# eight are not. The mean of their $y^2$ is 3.49.
#
# **Predict before you run.** How far will the loss fall?

# %%
eight = Part(data.train.X[:8], data.train.y[:8])

def small_net_of(seed):
    return TwoLayerNet(input_size=6, hidden_size=32, rng=np.random.default_rng(seed))


small_net = small_net_of(seed=0)
small_solver = Solver(
    small_net,
    loss,
    Adam(small_net.params, learning_rate=1e-2),
    DataLoader(eight, batch_size=8),
    print_every=250,
)
small_solver.train(epochs=1000)
plots.loss_curves({"eight houses": small_solver.history}, part="train", log=True)

# %% [markdown]
# **What to see.** The loss falls by many orders of magnitude, to practically nothing. The network has learnt the eight
# prices by heart. Had it failed, there would be a bug.
#
# So are the gradients *right*? Let us spoil them on purpose, in four ways, and learn the same eight houses again.
#
# **Predict before you run.** How many of the four mistakes will show in the last loss?

# %%
predict("by heart", ...)  # 0, 1, 2, 3 or 4


def spoilt_in_four_ways(grads):
    return {
        "none: as they are": grads,
        "all divided by 8": {name: gradient / 8 for name, gradient in grads.items()},
        "b1 alone divided by 8": {**grads, "b1": grads["b1"] / 8},
        "W2 upside down": {**grads, "W2": grads["W2"][::-1]},
        "W1 with the wrong sign": {**grads, "W1": -grads["W1"]},
    }


last_losses = losses_with_spoilt_gradients(small_net_of, eight, spoilt_in_four_ways)
for mistake, last_loss in last_losses.items():
    print(f"{mistake:<24} last loss {last_loss:.1e}")

# %% [markdown]
# **What to see.** One of the four. Divided by 8, all of them or those of $b_1$ alone, the gradients take the network to the
# same loss: `Adam` divides each gradient by its usual size, and so a factor cancels. Even upside down, so that each weight
# of $W_2$ gets the gradient of another one, the houses are learnt.
#
# A network that learns may be wrong. A failure would have shown a bug; success shows nothing. **Only a comparison with
# numbers shows that a gradient is right**, and that is what the checks above have done.

# %% [markdown]
# ## Training
#
# Now all 1,756 houses of the training part, in minibatches of 64, for 100 epochs. `Solver` runs the loop: forward, loss,
# backward, update. On the slides the update is $\theta \leftarrow \theta - \lambda \nabla L$; `Adam` refines it, and notebook 2b
# says how. After each epoch the loss on the validation part is measured, and the parameters that did best there are kept.
#
# **Predict before you run.** Will training and validation loss end at the same height? If not, which is lower?

# %%
predict("lower loss", ...)  # "training", "validation" or "neither"
rng = np.random.default_rng(0)
net = TwoLayerNet(input_size=6, hidden_size=32, rng=rng)
solver = Solver(
    net,
    loss,
    Adam(net.params, learning_rate=1e-2),
    DataLoader(data.train, batch_size=64, shuffle=True, rng=rng),
    data.val,
    print_every=10,
)
solver.train(epochs=100)
solver.use_best()
print(f"best epoch: {solver.best_epoch}, validation loss {solver.best_loss:.4f}")
plots.loss_curves({"two-layer network": solver.history}, log=True)

# %% [markdown]
# **What to see.** Both losses fall steeply in the first epochs. Then the training loss goes on falling, slowly, while the
# validation loss hardly moves: what the network still learns is more and more about these 1,756 houses, and less and less
# about houses.
#
# Why is the validation loss the *lower* one, even before training? Its prices vary less: the mean of $y^2$ is 0.83 there,
# and 1 in the training part. Measured against that, the trained network does a little worse on the validation part, as you
# would expect: it has not learnt from those houses.

# %% [markdown]
# ### How good is it?
#
# Now, and only now, the network meets the test part. Each dot is a house that it has never seen.
#
# **Predict before you run.** Where will the predictions be worst: for cheap, ordinary or expensive houses?

# %%
predict("worst", ...)  # "cheap", "ordinary" or "expensive"
predicted = net(data.test.X)
plots.predicted_against_true(data.to_dollars(predicted), data.to_dollars(data.test.y))

# %% [markdown]
# **What to see.** Ordinary houses lie close to the diagonal. The expensive ones scatter most: there are few of them to
# learn from.
#
# One dot lies far above all others: a house of 4,676 square feet and quality 10 that was sold for 184,750 dollars. It was
# sold before it was finished, and none of our six features says so. What the data do not tell, no network can learn.

# %%
errors["two-layer network"] = error_in_dollars(net(data.test.X), data.test)
better = 1 - errors["two-layer network"] / errors["least squares"]
print(f"the network's error is {100 - 100 * better:.0f} % of that of least squares")
plots.errors_in_dollars(errors)

# %% [markdown]
# **What to see.** With right gradients the network is off by about 19,500 dollars, least squares by about 23,400 dollars,
# from the same features: what bends, and what features do together, is worth about 17 %. Had the network lost to the
# straight line, we would have had to say so. Always compare with something simple.

# %% [markdown]
# ## All checks at once

# %%
from exercise_code.tests import check_all

verdicts = check_all()

# %% [markdown]
# ## Spot the bug
#
# Reading code is half of programming. The next cell takes a *copy* of a function of yours and changes one thing in it. Your
# file stays as it is, and there are no points.
#
# **Predict before you run the cell after it.** Which check fails, and why?

# %%
from exercise_code.spot_the_bug import spot_the_bug

puzzle = spot_the_bug(seed=1)

# %%
puzzle.answer(..., ...)  # a check and the letter of a reason, such as "affine_forward", "a"

# %% [markdown]
# Another seed plants another bug.
#
# ## Hand in
#
# Save this notebook first (Ctrl+S). Then run the next cell: it packs the files that count into `exercise_05.zip`, and says
# what is in it. Upload that file; or, where the course uses nbgrader's assignment list, press *Submit* there.
#
# Hidden checks run after you hand in. They are the same checks with other numbers, so code that is right here is right
# there.

# %%
from exercise_code.handin import pack

archive = pack()

# %% [markdown]
# ## Where to go from here
#
# - `2a_StochasticGradientDescent`: what the size of a minibatch costs, and what it gives.
# - `2b_Optimization`: SGD, momentum and Adam side by side.
#
# Both are optional and carry no points. Your network is used in both.
