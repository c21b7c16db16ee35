"""The house prices and the loader: where they come from, how they are split, what they refuse."""

import csv
import hashlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercise_code.data import FEATURES, DataLoader, HousePrices, Part
from exercise_code.data.house_prices import CSV, TARGET, UNITS

README = CSV.with_name("README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data():
    return HousePrices()


def parts(data):
    return data.train, data.val, data.test


def dollars_and_units(data):
    """All houses as rows (features, price), in their own units, in the order of the parts."""
    return np.concatenate(
        [np.hstack([data.to_units(part.X), data.to_dollars(part.y)]) for part in parts(data)]
    )


# Provenance


def test_the_csv_is_what_its_script_writes():
    # What instructor/house_prices/make_csv.py writes. Make it again rather than edit it.
    told = "7177c2356d7e80e5903b86dd6046fc8721f52ba39d982fe33db7113aad6d7e2a"
    assert hashlib.sha256(CSV.read_bytes()).hexdigest() == told


def test_the_readme_tells_of_the_columns_that_the_csv_has():
    with CSV.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    described = dict(re.findall(r"^\| (\w+) \| ([^|]+) \|", README, flags=re.M))
    described.pop("column")
    assert list(described) == header == [*UNITS, TARGET]
    assert {name: unit.strip() for name, unit in described.items()} == {
        **UNITS,
        TARGET: "US dollars",
    }
    assert len(rows) == 2928 and "2,928 houses" in README
    assert "De Cock" in README


def test_no_value_is_missing_or_out_of_the_world(data):
    houses = data.frame()
    assert not houses.isna().any(axis=None)
    assert houses.YearBuilt.between(1870, 2010).all()
    assert houses.OverallQuality.between(1, 10).all()
    assert houses.LivingArea.gt(0).all()
    assert houses[[n for n in FEATURES if n.endswith("Area")]].ge(0).all(axis=None)
    assert houses.SalePrice.between(10_000, 1_000_000).all()


# Split and standardisation


def test_the_split_is_60_20_20(data):
    assert [part.size for part in parts(data)] == [1756, 586, 586]
    for part in parts(data):
        assert part.X.shape == (part.size, 6) and part.y.shape == (part.size, 1)
        assert part.X.dtype == part.y.dtype == float


@pytest.mark.parametrize("seed", [0, 7])
def test_every_house_is_in_exactly_one_part(seed):
    data = HousePrices(seed=seed)
    rows = data.frame().to_numpy(float)
    got = dollars_and_units(data)
    # Standardising and back leaves roundings; prices and years are whole numbers.
    got = np.rint(got)
    assert sorted(map(tuple, got)) == sorted(map(tuple, rows))


def test_the_split_depends_on_its_seed_and_on_nothing_else():
    first, again, other = HousePrices(seed=3), HousePrices(seed=3), HousePrices(seed=4)
    np.testing.assert_array_equal(first.test.X, again.test.X)
    np.testing.assert_array_equal(first.train.y, again.train.y)
    assert not np.array_equal(first.train.y, other.train.y)


def test_asking_for_the_data_leaves_the_global_random_numbers_alone():
    np.random.seed(0)
    wanted = np.random.random()
    np.random.seed(0)
    HousePrices(seed=5)
    assert np.random.random() == wanted


def test_only_training_houses_set_the_scale(data):
    houses = dollars_and_units(data)
    training = houses[: data.train.size]
    np.testing.assert_allclose(data.X_mean, training[:, :-1].mean(axis=0))
    np.testing.assert_allclose(data.X_std, training[:, :-1].std(axis=0))
    assert data.y_mean == pytest.approx(training[:, -1].mean())
    assert data.y_std == pytest.approx(training[:, -1].std())
    assert not np.allclose(data.X_mean, houses[:, :-1].mean(axis=0), rtol=1e-5)
    assert not np.isclose(data.y_mean, houses[:, -1].mean(), rtol=1e-5)
    np.testing.assert_allclose(data.train.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.train.X.std(axis=0), 1)


def test_standardised_prices_come_back_as_dollars(data):
    prices = np.rint(np.concatenate([data.to_dollars(part.y) for part in parts(data)])).ravel()
    assert sorted(prices) == sorted(data.frame().SalePrice)
    assert data.to_dollars(0.0) == data.y_mean
    assert data.to_dollars(1.0) == pytest.approx(data.y_mean + data.y_std)


def test_features_come_in_the_order_asked_for():
    data = HousePrices(features=("LotArea", "LivingArea"))
    assert data.features == ("LotArea", "LivingArea")
    assert list(data.frame()) == ["LotArea", "LivingArea", "SalePrice"]
    wanted = {tuple(row) for row in data.frame()[["LotArea", "LivingArea"]].to_numpy(float)}
    assert {tuple(row) for row in np.rint(data.to_units(data.test.X))} <= wanted


@pytest.mark.parametrize(
    ("features", "says"),
    [
        (["GrLivArea"], "no feature 'GrLivArea' in the data; there are LivingArea, YearBuilt,"),
        (["SalePrice"], "no feature 'SalePrice'"),
        ([], "at least one feature"),
        (["LotArea", "LotArea"], "each only once"),
    ],
)
def test_features_that_cannot_be_used_are_refused_in_one_sentence(features, says):
    with pytest.raises(ValueError, match=re.escape(says)) as refusal:
        HousePrices(features=features)
    assert "\n" not in str(refusal.value)


# Loader


def numbered(n):
    """A part whose houses are numbered from 0 to n - 1."""
    y = np.arange(n, dtype=float).reshape(-1, 1)
    return Part(np.hstack([y, -y]), y)


@given(st.integers(1, 80), st.data(), st.booleans())
def test_every_house_is_seen_once_an_epoch(n, data, shuffle):
    batch_size = data.draw(st.integers(1, n))
    rng = np.random.default_rng(0) if shuffle else None
    loader = DataLoader(numbered(n), batch_size, shuffle=shuffle, rng=rng)
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == len(loader)
        assert [len(X) for X, _ in batches[:-1]] == [batch_size] * (len(batches) - 1)
        seen = np.concatenate([y for _, y in batches]).ravel()
        assert sorted(seen) == list(range(n))
        if not shuffle:
            assert list(seen) == list(range(n))
        for X, y in batches:
            np.testing.assert_array_equal(X, np.hstack([y, -y]))  # X and y still belong together


@given(st.integers(1, 80), st.data())
def test_drop_last_keeps_the_whole_batches_and_no_small_one(n, data):
    batch_size = data.draw(st.integers(1, n))
    loader = DataLoader(numbered(n), batch_size, drop_last=True)
    sizes = [len(X) for X, _ in loader]
    assert sizes == [batch_size] * (n // batch_size)
    assert len(loader) == len(sizes)


def test_batches_in_order_are_views_of_the_data():
    part = numbered(10)
    for X, y in DataLoader(part, 3):
        assert np.shares_memory(X, part.X) and np.shares_memory(y, part.y)


def test_shuffling_leaves_the_data_themselves_as_they_were():
    part = numbered(50)
    list(DataLoader(part, 7, shuffle=True, rng=np.random.default_rng(0)))
    assert part.y.ravel().tolist() == list(range(50))


def test_epochs_differ_in_order_and_a_seed_repeats_them():
    def epochs(seed):
        loader = DataLoader(numbered(50), 7, shuffle=True, rng=np.random.default_rng(seed))
        return [np.concatenate([y for _, y in loader]).ravel().tolist() for _ in range(2)]

    first, second = epochs(0)
    assert first != second
    assert epochs(0) == [first, second]
    assert epochs(1) != [first, second]


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_a_batch_size_that_cannot_be_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"from 1 to 10, the number of houses, not {batch_size}"):
        DataLoader(numbered(10), batch_size)


def test_shuffling_without_rng_is_refused():
    with pytest.raises(ValueError, match=r"needs rng=np.random.default_rng\(seed\)"):
        DataLoader(numbered(10), 2, shuffle=True)
