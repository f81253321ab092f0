# Writes the Parquet files of this folder from the bars the repository ships, as other programs write them:
#   python3 -m venv .venv && .venv/bin/pip install pyarrow && .venv/bin/python Tests/Fixtures/Providers/LocalHistory/make.py
import csv, datetime, decimal, pathlib
import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
history = here.parents[3] / "data" / "history"

def rows(name, count):
    return list(csv.DictReader(open(history / f"{name}.csv")))[:count]

def day(text):
    return datetime.datetime.fromisoformat(text)

# As pandas writes a yfinance frame: an instant without zone, doubles, whole volumes; snappy.
aapl = rows("AAPL", 60)
pq.write_table(pa.table({
    "Open": pa.array([float(r["open"]) for r in aapl]), "High": pa.array([float(r["high"]) for r in aapl]),
    "Low": pa.array([float(r["low"]) for r in aapl]), "Close": pa.array([float(r["close"]) for r in aapl]),
    "Volume": pa.array([int(r["volume"]) for r in aapl], pa.int64()),
    "Adj Close": pa.array([float(r["adj_close"]) for r in aapl]),
    "Date": pa.array([day(r["date"]) for r in aapl], pa.timestamp("ns")),
}), here / "AAPL.parquet", compression="snappy")

# One file for all: a dictionary of symbols, days, nulls, fixed bytes, instants of UTC; zstd, row groups of 25.
both = [("AAPL", r) for r in rows("AAPL", 40)] + [("IBM", r) for r in rows("IBM", 40)]
price = lambda r, name: decimal.Decimal(r[name]).quantize(decimal.Decimal("0.0001"))
pq.write_table(pa.table({
    "symbol": pa.array([s for s, _ in both]).dictionary_encode(),
    "date": pa.array([day(r["date"]).date() for _, r in both], pa.date32()),
    **{n: pa.array([float(r[n]) for _, r in both]) for n in ("open", "high", "low", "close")},
    "exact": pa.array([price(r, "close") for _, r in both], pa.decimal128(18, 4)),
    "volume": pa.array([int(r["volume"]) for _, r in both], pa.int32()),
    "amount": pa.array([None if i % 2 else 1.5e6 + i for i in range(len(both))], pa.float32()),
    "known": pa.array([day(r["date"]) for _, r in both], pa.timestamp("us", tz="UTC")),
}), here / "all.parquet", compression="zstd", row_group_size=25)
