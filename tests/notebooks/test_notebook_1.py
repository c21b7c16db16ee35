"""Notebook 1 with the reference: every number and claim of its prose."""

import re
from statistics import mean

import pytest
from support.accessibility import keeps_nobody_out

from i2dl_course.manifest import load

NAME = "1_TwoLayerNetwork"


@pytest.fixture(scope="module")
def run(solved):
    return solved(NAME)


def test_every_cell_runs_with_the_reference(run):
    assert run.errors == []


def test_nothing_is_written_to_stderr(run):
    assert run.stderr == ""


def test_the_network_beats_least_squares_on_the_same_features(run):
    assert run.value("errors['two-layer network'] / errors['least squares']") <= 0.9


def test_errors_in_dollars_told_in_the_prose_are_the_measured_ones(run):
    errors = run.value("{name: float(error) for name, error in errors.items()}")
    told = [int(n.replace(",", "")) for n in re.findall(r"about ([\d,]+)\s+dollars", run.prose)]
    assert told == pytest.approx(
        [
            errors["mean price"],
            errors["least squares"],
            errors["two-layer network"],
            errors["least squares"],
        ],
        abs=150,  # "about", and rounding differs a little from one BLAS to another
    )
    assert f"worth about {run.value('round(float(100 * better))')} %" in run.prose


def test_data_told_in_the_prose_are_the_data(run):
    assert run.value("len(houses)") == 2928
    assert run.value("len(data.features)") == 6
    assert run.value("(data.train.size, data.val.size, data.test.size)") == (1756, 586, 586)
    assert run.value("float(abs(data.train.X.mean(axis=0)).max())") < 1e-12
    assert run.value("float(abs(data.train.X.std(axis=0) - 1).max())") < 1e-12
    assert 0 < run.value("float(abs(data.test.X.mean(axis=0)).max())") < 0.2
    assert run.value("bool(houses.SalePrice.mean() > 1.1 * houses.SalePrice.median())")


def test_no_zero_has_a_minus(run):
    shown = [output.data["text/plain"] for output in run.outputs if "data" in output]
    assert not re.search(r"-0\.?0*(?![\d.])", "\n".join([run.printed, *shown]))


def test_quality_and_living_area_tell_most_about_the_price(run):
    names = run.value("list(houses.corr()['SalePrice'].drop('SalePrice').nlargest(2).index)")
    assert names == ["OverallQuality", "LivingArea"]


def test_a_grade_of_quality_adds_what_the_prose_says(run):
    means = run.value("houses.groupby('OverallQuality').SalePrice.mean().to_dict()")
    low, high = means[5] - means[4], means[9] - means[8]
    assert low == pytest.approx(28_000, abs=500)
    assert 3 * low < high < 4 * low
    assert "gains 28,000 dollars on average" in run.prose


def test_the_best_step_of_central_differences_is_near_the_one_told(run):
    best = run.value("float(steps[np.argmin(difference_errors)])")
    assert 1e-6 < best < 1e-4
    assert 1e-12 < run.value("float(min(difference_errors))") < 1e-10
    growth_from_h_to_10_h = run.value("float(difference_errors[-5] / difference_errors[-9])")
    assert growth_from_h_to_10_h == pytest.approx(100, rel=0.1)


def test_loss_of_the_untrained_network_is_close_to_one(run):
    assert run.value("float(first_loss)") == pytest.approx(1, abs=0.1)


def test_eight_houses_are_learnt_by_heart(run):
    losses = run.value("small_solver.history.train_loss[::1000]")
    assert losses[1] < 1e-4 * losses[0]


def test_the_loss_of_eight_houses_starts_where_it_is_told(run):
    squares = run.value("float(np.mean(eight.y**2))")
    assert f"The mean of their $y^2$ is {squares:.2f}" in run.prose
    assert run.value("float(small_solver.history.train_loss[0])") == pytest.approx(3.5, abs=0.02)


def test_eight_houses_have_fewer_prices_than_the_network_has_parameters(run):
    parameters = run.value("sum(theta.size for theta in small_net.params.values())")
    assert f"has {parameters} parameters, and eight houses have eight prices" in run.prose


def test_learning_by_heart_shows_one_of_four_mistakes(run):
    none, *spoilt = run.value("list(last_losses.values())")
    assert none < 1e-6
    assert spoilt[:2] == pytest.approx([none, none], rel=0.05)  # "the same loss"
    assert [loss < 1e-4 for loss in spoilt] == [True, True, True, False]


def test_the_validation_prices_vary_less(run):
    squares = [run.value(f"float(np.mean(data.{part}.y**2))") for part in ("train", "val")]
    assert squares == pytest.approx([1, 0.83], abs=0.005)
    first = run.value("(solver.history.train_loss[0], solver.history.val_loss[0])")
    assert first[1] < first[0]  # "even before training"
    last = run.value("(solver.history.train_loss[-1], solver.history.val_loss[-1])")
    assert last[1] < last[0]
    assert 1 < (last[1] / squares[1]) / (last[0] / squares[0]) < 1.25  # "a little worse"


def test_training_loss_goes_on_falling_while_the_validation_loss_hardly_moves(run):
    train, val = run.value("(solver.history.train_loss[::25], solver.history.val_loss[::25])")
    assert train[0] > 5 * train[1] and val[0] > 5 * val[1]
    assert 1 - train[4] / train[1] > 2 * (1 - val[4] / val[1])


def test_expensive_houses_scatter_most(run):
    price = run.value("data.to_dollars(data.test.y).ravel().tolist()")
    guess = run.value("data.to_dollars(predicted).ravel().tolist()")
    miss = {True: [], False: []}
    for paid, predicted in zip(price, guess, strict=True):
        miss[paid >= 250_000].append(abs(predicted - paid))
    assert mean(miss[True]) > 1.5 * mean(miss[False])


def test_the_dot_far_above_all_others_is_the_house_told(run):
    worst = "abs(predicted - data.test.y).argmax()"
    area, quality = (run.value(f"float(data.to_units(data.test.X)[{worst}, {k}])") for k in (0, 3))
    assert (round(area), round(quality)) == (4676, 10)
    assert run.value(f"round(float(data.to_dollars(data.test.y)[{worst}, 0]))") == 184_750


def test_all_public_checks_pass_and_give_all_points(run):
    assert run.value("sum(float(v) for v in verdicts)") == 100.0


def test_the_hand_in_holds_just_the_files_of_the_manifest(run, root):
    handin = load(root).handin
    names = run.value("__import__('zipfile').ZipFile(archive).namelist()")
    assert sorted(names) == sorted([handin.graded_notebook, *handin.files])


def test_dates_points_and_pass_mark_told_are_those_of_the_manifest(run, root):
    course = load(root)
    exercise = course.exercise
    for moment in (exercise.opens, exercise.closes):
        assert f"{moment.day} {moment:%B %Y, %H:%M}" in run.prose
    assert f"with {exercise.pass_mark} or more" in run.prose
    for number, task in enumerate(course.tasks, start=1):
        assert f"### Task {number}: `{task.function}` ({task.points} points)" in run.prose
        assert f"`{task.file}`" in run.prose


def test_what_is_exported_keeps_nobody_out(run, tmp_path):
    assert keeps_nobody_out(run.notebook, tmp_path)
