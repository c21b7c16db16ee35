# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Optimization: SGD, momentum and Adam
#
# The gradient says which way is downhill. The *optimizer* says how far to go. In this notebook you compare three of
# them, first on a valley that you can see, then on your own network, and you try a rule of your own.
#
# **After it you can**
#
# - read SGD, SGD with momentum and Adam as formulas and as code,
# - say when SGD diverges, and what momentum and Adam do to the length of a step,
# - compare optimizers fairly, and spot a comparison that is not fair.
#
# | Time | about 50 minutes |
# |---|---|
# | You write | two rules of a few lines, in this notebook; whoever skips them goes on with the given ones |
# | You need | for the section "The real network" and all after it: the six tasks of notebook 1 |
# | Graded | nothing: no points, nothing to hand in |

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
import inspect

import numpy as np

from exercise_code import plots
from exercise_code.data import DataLoader, HousePrices
from exercise_code.experiments import Sweep, at_best, costs_of_an_update
from exercise_code.networks import MSE, SGD, Adam, Optimizer, SGDMomentum
from exercise_code.practice import check_update
from exercise_code.predicting import predict
from exercise_code.reloading import follow_edits
from exercise_code.solver import Solver
from exercise_code.tables import Table

follow_edits()

# %% [markdown]
# ## Three rules
#
# All three optimizers do the same thing with every parameter $\theta$: they add a change to it. A rule is a way to make
# that change out of the gradient $\nabla L$. In the code it is the method `update`. For SGD it is given; the other two you
# write yourself, and then compare with the code that really runs.
#
# ### SGD
#
# A step against the gradient. $\lambda$ is the learning rate; the slides about gradient descent, and notebook 2a, call the
# same number $\alpha$.
#
# $$\theta \leftarrow \theta - \lambda \, \nabla L$$

# %%
print(inspect.getsource(SGD.update))

# %% [markdown]
# ### SGD with momentum
#
# A ball that rolls: it keeps a part $\mu$ of its velocity $v$, and the gradient pushes it.
#
# $$v \leftarrow \mu v - \lambda \, \nabla L \qquad\qquad \theta \leftarrow \theta + v$$
#
# **Write it.** Two lines. `update` is called for one parameter at a time; `name` says for which. The velocity of each is kept in
# `self.velocity[name]`, and what you return is added to $\theta$.

# %%
class MyMomentum(Optimizer):
    def __init__(self, params, learning_rate, momentum=0.9):
        super().__init__(params, learning_rate)
        self.momentum = momentum  # μ
        self.velocity = self._zeros()  # v, an array of zeros for each parameter

    def update(self, name, gradient):
        raise NotImplementedError("MyMomentum.update")


right = check_update(MyMomentum)

# %% [markdown]
# The given one, to compare with yours once it is written, or skipped:

# %%
print(inspect.getsource(SGDMomentum.update))

# %% [markdown]
# ### Adam
#
# Two running averages: $m$ of the gradient, $v$ of its square. (This $v$ is not a velocity; the letter is the one in
# the paper.) The step goes along $m$, but is divided by the usual size of the gradient, $\sqrt{v}$.
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) \, \nabla L \qquad\qquad v \leftarrow \beta_2 v + (1 - \beta_2) \, (\nabla L)^2$$
#
# $$\hat m = \frac{m}{1 - \beta_1^t} \qquad \hat v = \frac{v}{1 - \beta_2^t} \qquad\qquad
# \theta \leftarrow \theta - \lambda \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}$$
#
# $t$ counts the steps: 1, 2, 3, … The small $\varepsilon$ only keeps us from dividing by 0. It stands *outside* the
# root.
#
# **Write it.** Five lines, one for each formula. $t$ is `self.steps`.

# %%
class MyAdam(Optimizer):
    def __init__(self, params, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, learning_rate)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.m, self.v = self._zeros(), self._zeros()

    def update(self, name, gradient):
        raise NotImplementedError("MyAdam.update")


right = check_update(MyAdam)

# %% [markdown]
# The given one, to compare with yours once it is written, or skipped:

# %%
print(inspect.getsource(Adam.update))

# %% [markdown]
# ## A valley that you can see
#
# Before the network, a function of two parameters only:
#
# $$f(\theta) = 0.01 \, \theta_1^2 + 2 \, \theta_2^2$$
#
# It is a long, narrow valley. Along it, in the direction of $\theta_1$, the curvature (the second derivative) is 0.02.
# Across it, in the direction of $\theta_2$, it is 4: 200 times as much. Such a function is called *ill-conditioned*.
# The losses of networks are, too, and they have many more than two directions.

# %%
curvature = np.array([0.02, 4.0])


def f(theta):
    return 0.5 * np.sum(curvature * theta**2, axis=-1)


def descend(rule, learning_rate, steps=60):
    """The path of an optimizer down the valley: an array (steps + 1, 2)."""
    theta = np.array([-9.0, 1.5])
    optimizer = rule({"theta": theta}, learning_rate)  # the same classes that train the network
    path = [theta.copy()]
    for _ in range(steps):
        optimizer.step({"theta": curvature * theta})  # the gradient of f
        path.append(theta.copy())
    return np.array(path)


# %% [markdown]
# **Predict before you run.** All three start at the same point on the slope, each with a learning rate that suits it.
# Which path will zigzag, which ones will overshoot, and which will arrive?

# %%
predict("arrives", ...)  # "SGD", "momentum and Adam" or "all three"
paths = {
    "SGD, λ = 0.45": descend(SGD, 0.45),
    "Momentum, λ = 0.2": descend(SGDMomentum, 0.2),
    "Adam, λ = 0.2": descend(Adam, 0.2),
}
plots.paths_in_a_valley(f, paths)

# %% [markdown]
# **What to see.** SGD zigzags, because the gradient points across the valley and hardly along it. After 60 steps it has
# not come half way.
#
# Momentum swings across the valley, too. But the pushes across cancel, and those along it add up, so it arrives.
#
# Adam does not care how steep a direction is: it sets off diagonally, equally fast in both. It overshoots, too, because
# it has a memory like momentum. After 60 steps both have an $f$ more than 40 times lower than that of SGD, and no
# learning rate would have brought SGD much further.

# %% [markdown]
# ### See it move
#
# The same valley, all three on it, with everything to set. *Play*, or go step by step.

# %%
plots.optimizer_player()

# %% [markdown]
# **What to see.** Just above 0.5 SGD breaks, and the next section says why. With $\mu = 0$ momentum *is* SGD; the nearer $\mu$
# comes to 1, the longer it swings.
#
# ### How large may a step of SGD be?
#
# Why not take larger steps? In a direction with curvature $c$ the gradient is $c \, \theta$, so one step of SGD makes
#
# $$\theta \leftarrow \theta - \lambda \, c \, \theta = (1 - \lambda c) \, \theta$$
#
# The distance to the minimum shrinks only if $|1 - \lambda c| < 1$, that is, if $\lambda < 2 / c$. The largest
# curvature decides for all directions: here $\lambda < 2 / 4 = 0.5$. The flat direction has to live with that $\lambda$,
# too. Along it the distance shrinks at most by the factor $1 - 0.5 \cdot 0.02 = 0.99$ a step.
#
# **Predict before you run.** What happens just below 0.5, and just above?

# %%
limit = 2 / curvature.max()
around_limit = {f"SGD, λ = {rate}": f(descend(SGD, rate)) for rate in (0.1, 0.49, 0.51)}
plots.over_steps(around_limit, "f(θ)", log=True)

# %% [markdown]
# **What to see.** At 0.49 SGD still converges. At 0.51 every step is 4 % further out than the one before: 60 steps
# later $f$ is almost 100 times as large as at the start, and nothing will stop it. That is what *diverged* means.
#
# And 0.1, far from the limit? It is quicker at first, but then the flat direction holds it up, and 0.49 overtakes it.
# For a long way down such a valley, the best learning rate of SGD is close to the one that breaks it.

# %% [markdown]
# ### What momentum does to a step
#
# On a slope that does not change, the velocity grows until friction and push are equal:
# $v = \mu v - \lambda \nabla L$, so
#
# $$v = -\frac{\lambda}{1 - \mu} \, \nabla L$$
#
# With the usual $\mu = 0.9$, a step ends up 10 times as long as one of SGD with the same $\lambda$. The next cell
# measures that: it shows each optimizer the same gradient, 1, again and again.

# %%
def step_lengths(rule, learning_rate=0.01, steps=60):
    """Length of each step on a constant slope, in units of the learning rate."""
    theta = np.zeros(1)
    optimizer = rule({"theta": theta}, learning_rate)
    lengths = []
    for _ in range(steps):
        before = theta.copy()
        optimizer.step({"theta": np.ones(1)})
        lengths.append(abs(theta - before).item() / learning_rate)
    return np.array(lengths)


# %% [markdown]
# **Predict before you run.** How many steps does momentum need until it has come up to speed?

# %%
predict("up to speed", ...)  # a number of steps, to 90 % of its final speed
growth = {"SGD": step_lengths(SGD), "Momentum": step_lengths(SGDMomentum)}
limit_of_growth = {"1 / (1 - μ)": 1 / (1 - 0.9)}
plots.over_steps(growth, "length of the step / λ", first=1, references=limit_of_growth)

# %% [markdown]
# **What to see.** The first step is that of SGD. After 22 steps momentum has 90 % of its final speed. Remember the
# factor 10: *the same $\lambda$ does not mean the same step.*

# %% [markdown]
# ### What Adam does to a step
#
# At the first step, $\hat m = \nabla L$ and $\hat v = (\nabla L)^2$. So the first step is
# $-\lambda \, \nabla L / |\nabla L|$: its length is $\lambda$ in *every* direction, and only the sign of the
# gradient counts.
#
# **Predict before you run.** One direction has the gradient 100, the other -0.01. With $\lambda = 0.1$, how long are
# the first steps of each optimizer? Guess that of Adam in the flat direction.

# %%
predict("first step", ...)  # a length
gradient = np.array([100.0, -0.01])
first_steps = {}
for rule in (SGD, SGDMomentum, Adam):
    theta = np.zeros(2)
    rule({"theta": theta}, learning_rate=0.1).step({"theta": gradient})
    first_steps[rule.__name__] = theta.tolist()
Table(
    {"gradient": ["100", "-0.01"], **first_steps},
    "The first step of each optimizer, λ = 0.1, in a steep and in a flat direction.",
)

# %% [markdown]
# **What to see.** SGD moves 10,000 times as far in the steep direction as in the flat one, and so does momentum. Adam
# moves 0.1 in both.
#
# This is why the learning rate of Adam is easier to choose. It is a length in the space of the parameters: about how
# far a parameter may go in one step. For SGD it is a factor, and the right factor depends on how steep the loss is.
#
# Why the hats? Both averages start at 0, so at first both are too small. $\hat m$ and $\hat v$ correct that. It is
# called *bias correction*. Let us leave it out:

# %%
class AdamWithoutCorrection(Adam):
    def update(self, name, gradient):
        self.m[name] = self.beta1 * self.m[name] + (1 - self.beta1) * gradient
        self.v[name] = self.beta2 * self.v[name] + (1 - self.beta2) * gradient**2
        return -self.learning_rate * self.m[name] / (np.sqrt(self.v[name]) + self.eps)


# %% [markdown]
# **Predict before you run.** Without the correction, will the first steps be too short or too long? Careful: $m$ is too
# small, but so is $v$, and the step is divided by $\sqrt{v}$.

# %%
predict("without correction", ...)  # "too short" or "too long"
correction = {
    "Adam": step_lengths(Adam),
    "Adam without correction": step_lengths(AdamWithoutCorrection),
}
plots.over_steps(correction, "length of the step / λ", first=1)

# %% [markdown]
# **What to see.** Too long. The first step is $0.1 / \sqrt{0.001} \approx 3.2$ times $\lambda$, and it gets worse:
# almost 6.6 times at step 12. With the correction every step on a constant slope has the length $\lambda$.

# %% [markdown]
# ## The real network
#
# Now your network from notebook 1, with 16 hidden units, minibatches of 64 houses, 20 epochs. Everything is done with
# five seeds. A seed decides the first weights and the order of the houses: with the same seed, every optimizer starts
# from the same network and sees the same minibatches.
#
# A `Sweep` trains when it is first asked and then remembers: `sweeps["SGD"][0.1]` is a list of five solvers, one a
# seed. (If you change your `layer.py`, run the next cell again.)

# %%
from exercise_code.networks.two_layer_net import TwoLayerNet

data = HousePrices()


def train(seed, rule, learning_rate):
    rng = np.random.default_rng(seed)
    net = TwoLayerNet(len(data.features), 16, rng=rng)
    loader = DataLoader(data.train, 64, shuffle=True, rng=rng)
    solver = Solver(net, MSE(), rule(net.params, learning_rate), loader, data.val, verbose=False)
    solver.train(20)
    return solver


RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def sweep_rates(rule, rates=RATES):
    settings = {rate: {"rule": rule, "learning_rate": rate} for rate in rates}
    return Sweep(train, settings, seeds=range(5), verbose=False)


sweeps = {rule.__name__: sweep_rates(rule) for rule in (SGD, SGDMomentum, Adam)}

# %% [markdown]
# One number says how good a learning rate is: the median over the seeds of the validation loss after the last epoch.
# `sweep.median_loss(rate)` gives it, `sweep.best()` the learning rate where it is lowest. Good enough is whatever comes
# within 25 % of the best median of all.

# %%
def good_enough():
    return 1.25 * min(sweep.median_loss(sweep.best()) for sweep in sweeps.values())


# %% [markdown]
# ### Each at its own best learning rate
#
# A fair comparison gives each optimizer the learning rate that is best *for it*. To find it we sweep: every optimizer
# with every learning rate of the list. The validation part decides. This cell trains 105 networks and takes some
# seconds.
#
# **Predict before you run.** Which optimizer will reach the lowest loss? And which one will forgive you a badly chosen
# learning rate?

# %%
ends = {name: sweep.ends() for name, sweep in sweeps.items()}
plots.learning_rate_sweep(ends)

# %% [markdown]
# **What to see.** First look at the lowest point of each line: they are almost equally low. At its own best learning
# rate every optimizer gets there, plain SGD too. Which of them is the lowest by a hair is the luck of five seeds.
#
# Then look at how wide each line is at the bottom. Adam is good over a wide range. SGD has a single good learning rate,
# and the next one on the list makes it diverge with every seed. In the valley you saw why. Momentum lies between the
# two.
#
# Let us count the learning rates that are good enough.

# %%
lowest = {name: sweep.median_loss(sweep.best()) for name, sweep in sweeps.items()}
good = {name: sweep.good(good_enough()) for name, sweep in sweeps.items()}
for name, rates in good.items():
    print(f"{name:<12} loss {lowest[name]:.3f} at best   good learning rates:", *rates)

# %% [markdown]
# **What to see.** SGD has one good learning rate out of seven, momentum two or three, Adam four or five. How many exactly
# depends on the list. So look more closely, with a few rates more around the places where a line becomes good and where
# it ceases to be good. From the smallest to the largest good rate, what is the factor?

# %%
between = {SGD: (0.16, 0.2, 0.25, 0.4), SGDMomentum: (0.015, 0.02, 0.2), Adam: (0.002, 0.15, 0.2)}
factors = {}
for rule, rates in between.items():
    name = rule.__name__
    rates = sweeps[name].good(good_enough()) + sweep_rates(rule, rates).good(good_enough())
    factors[name] = max(rates) / min(rates)
    print(f"{name:<12} good from {min(rates)} to {max(rates)}: a factor of {factors[name]:.1f}")

# %% [markdown]
# **What to see.** For SGD the good learning rates span a factor of about 2, for momentum of more than 10, for Adam of 30 and
# more. *This* is the practical difference: not how low you get, but how long you have to search for the learning rate that
# gets you there.
#
# When a run diverges, the solver stops it and says so:

# %%
print(sweeps["SGD"][1.0][0].stopped)

# %% [markdown]
# ### The way down, in updates
#
# Each optimizer at its own best learning rate. The line is the median over the seeds, the band goes from the lowest to
# the highest.
#
# **Predict before you run.** They end close together. Which of them will be down first?

# %%
predict("down first", ...)  # "SGD", "momentum" or "Adam"
way_down = at_best(sweeps)
plots.loss_curves(way_down, against="updates", part="val")

# %% [markdown]
# **What to see.** SGD is down first: after one epoch its loss is 0.12. Adam follows, at 0.19 then and level with SGD after
# the second epoch. Momentum comes last: after two epochs its band still lies wholly above that of SGD. The plainest rule,
# at the edge of its limit, is the fastest!
#
# All three have done most of the work after 5 of the 20 epochs, that is 140 updates. At the end it is a draw, the bands
# overlap: on this network, with these minibatches, no optimizer beats the others once each has its learning rate.
#
# Why was the valley so different? Two things have changed. The features are standardised, and that makes a valley less
# narrow. And the gradient of a minibatch is noisy: near the bottom the noise shakes every optimizer, however it steps.

# %% [markdown]
# ### The way down, in seconds
#
# An update does not cost the same for all. Count the operations for each parameter in the code above, and add one for
# $\theta \leftarrow \theta + \ldots$: SGD needs 2, momentum 4, Adam 14. And momentum keeps one array for each
# parameter, Adam two.
#
# **Predict before you run.** So is Adam seven times as slow as SGD?

# %%
plots.loss_curves(at_best(sweeps), against="seconds", part="val")

# %%
net = TwoLayerNet(len(data.features), 16, rng=np.random.default_rng(0))
batch = next(iter(DataLoader(data.train, 64)))
costs = costs_of_an_update(net, batch, operations={SGD: 2, SGDMomentum: 4, Adam: 14})
Table(costs, "What one update costs. The microseconds (µs) are those of this computer, just now.")

# %% [markdown]
# **What to see.** By operations it is hardly slower at all: the passes forward and backward do about 50,000 per update,
# and Adam's own are less than 4 % of that. In microseconds the difference is larger, but the reason is another one: the
# arrays here are so small that calling NumPy takes longer than computing, and Adam makes the most calls. In a larger
# network the calls no longer matter, and the larger the batch, the smaller is the share of any optimizer.
#
# Adam's memory is two more copies of all parameters. Here that is nothing. For a network that hardly fits into memory it
# can decide.

# %% [markdown]
# ### What a shared learning rate would have told you
#
# Many comparisons give all optimizers the *same* learning rate, to be fair. Let us do that, twice.
#
# **Predict before you run.** Look back at the sweep. Who wins at 0.003, and who at 0.3?

# %%
predict("wins at 0.3", ...)  # "SGD", "momentum" or "Adam"
shared = {
    name: [sweep.median_loss(rate) for rate in (0.003, 0.3)] for name, sweep in sweeps.items()
}
Table(
    {"λ of all three": ["0.003", "0.3"], **shared},
    "Median of the final validation loss if all three share a learning rate.",
)

# %% [markdown]
# **What to see.** At 0.003 Adam wins and the loss of SGD is more than three times as high. At 0.3 SGD wins. With a
# shared learning rate you can "prove" either. What you compare is not the rules, but the lengths of their steps.
#
# You can even say how much of it is length. Momentum steps 10 times as far, so put it beside SGD with 10 times its
# learning rate:

# %%
ratios = []
for rate, ten_times in ((0.001, 0.01), (0.003, 0.03)):
    momentum, sgd = sweeps["SGDMomentum"].median_loss(rate), sweeps["SGD"].median_loss(ten_times)
    ratios.append(momentum / sgd)
    print(f"momentum at {rate}: {momentum:.3f}     SGD at {ten_times}: {sgd:.3f}")

# %% [markdown]
# The losses are the same to within 3 %. At these small learning rates, all that momentum has over SGD is the length of
# its step.

# %% [markdown]
# ## Your own optimizer
#
# An optimizer is a subclass of `Optimizer` with one method, `update`. It returns by how much the parameter `name`
# changes. `self.learning_rate` and `self.steps` (1, 2, 3, …) are there.
#
# This one looks only at the sign of the gradient. Run it, then change it.

# %%
class MyOptimizer(Optimizer):
    def update(self, name, gradient):
        return -self.learning_rate * np.sign(gradient)


# %% [markdown]
# First in the valley.
#
# **Predict before you run.** Every step has the same length. How will the path end?

# %%
my_path = descend(MyOptimizer, 0.2)
plots.paths_in_a_valley(f, {"MyOptimizer, λ = 0.2": my_path, "Adam, λ = 0.2": descend(Adam, 0.2)})

# %% [markdown]
# **What to see.** It starts like Adam. But it cannot slow down, so on the floor of the valley it jumps to and fro, for ever.
#
# Now on the network, against the others, with every learning rate of the list.
#
# **Predict before you run.** Will it be as forgiving as Adam?

# %%
with_mine = {**sweeps, "MyOptimizer": sweep_rates(MyOptimizer)}
all_ends = {name: sweep.ends() for name, sweep in with_mine.items()}
plots.learning_rate_sweep(all_ends)

# %% [markdown]
# **What to see.** With the three smallest learning rates it is about as good as Adam. At 0.1 its loss is more than
# twice that of Adam, and at 1 it diverges: steps of a fixed length cannot settle. Adam's steps become shorter when the
# gradient keeps changing its sign, because those gradients cancel in $m$ and not in $v$.
#
# Some ideas for a rule of your own:
#
# - Let the learning rate fall: `self.learning_rate / np.sqrt(self.steps)`.
#   <details><summary>What happens</summary>Now it comes to rest, because its steps become shorter and shorter. The
#   large learning rates become usable.</details>
# - Do not let a step get too long: cut the gradient off with `np.clip`.
#   <details><summary>What happens</summary>A rate that is too large no longer diverges at once: the steps are bounded. It does not
#   settle either.</details>
# - Momentum that looks ahead (Nesterov): return $\mu v - \lambda \nabla L$ with the *new* velocity $v$.
#   <details><summary>What happens</summary>In the valley it swings less, because it brakes before it has crossed the
#   floor.</details>

# %% [markdown]
# ## Summary
#
# | Rule | SGD | SGD with momentum | Adam |
# |---|---|---|---|
# | Step on a constant slope | $\lambda$ times the gradient | grows to $\lambda / (1 - \mu)$ times the gradient | $\lambda$, whatever the gradient |
# | Operations per parameter | 2 | 4 | 14 |
# | Extra memory | none | one copy of the parameters | two copies |
# | In the narrow valley | slow, $\lambda$ is limited by the steepest direction | fast | fast |
# | On our network, at its best | as low as the others | as low as the others | as low as the others |
# | Good learning rates span a factor of | about 2 | more than 10 | 30 and more |
# | Choose it when | memory is short and you have time to search for $\lambda$ | the loss is a long valley and you can search for $\lambda$ | you want a good result without a long search |
#
# Three things to take with you:
#
# 1. Compare optimizers each at its *own* best learning rate, over several seeds.
# 2. The same $\lambda$ is not the same step.
# 3. A good optimizer is one that forgives you. That is why Adam is where most people begin.
