"""Reading 550,000 rows of 12 columns from CSV, beside pyogrio's bare conversion of the same file.

    python benchmarks/bench_read_csv.py            # 550,000 rows
    python benchmarks/bench_read_csv.py --small    # 20,000 rows
"""

import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pyogrio.raw

from landrelease.records.readers import read

ROWS = 20_000 if "--small" in sys.argv else 550_000


def main() -> None:
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incidents.csv"
        lon, lat = rng.uniform(15.7, 19.6, ROWS), rng.uniform(42.5, 45.3, ROWS)
        with path.open("w", encoding="utf-8") as out:
            out.write("id,name,type,status,date,longitude,latitude,area_m2,killed,injured,"
                      "organisation,remarks\n")
            for i in range(ROWS):
                out.write(f'BA-{i:06d},Čapljina {i % 5000},{"mine" if i % 3 else "ERW"},open,'
                          f'{1992 + i % 30}-{1 + i % 12:02d}-{1 + i % 28:02d},{lon[i]:.6f},'
                          f'{lat[i]:.6f},{i % 90000},{i % 2},{i % 3},unit {i % 40},'
                          f'"near the road, {i % 700} m"\n')
        start = time.perf_counter()
        meta, _, wkb, columns = pyogrio.raw.read(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.raw.write(Path(folder) / "out.gpkg", geometry=wkb, field_data=columns,
                              fields=meta["fields"], driver="GPKG", layer="out",
                              geometry_type=None, crs=None)
        bare = time.perf_counter() - start
        start = time.perf_counter()
        table = read(path)
        opened = time.perf_counter() - start
        for name in table.columns:
            table.cells[name]
        cells = time.perf_counter() - start
        start = time.perf_counter()
        rows = table.rows
        made = time.perf_counter() - start
        print(f"{len(rows):,} rows x {len(table.columns)}: pyogrio read and write {bare:.2f} s; "
              f"read {opened:.2f} s, with all cells as text {cells:.2f} s "
              f"({cells / bare:.2f} of pyogrio), rows of dictionaries {made:.2f} s more")


if __name__ == "__main__":
    main()
