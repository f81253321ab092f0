"""Nanoseconds a value that TA-Lib's C functions take, beside `penstock-bench indicators`.

Needs: pip install ta-lib. One command: python talib_columns.py indicators.txt BARS [ROUNDS]
BARS is the file that `penstock-bench indicators --write` makes: five arrays of doubles. The C functions of the wheel's
library are called with arrays that exist before, so that nothing of Python is in the time; it is that of the processor, which other programs disturb least.
"""

import ctypes
import pathlib
import sys
import time

import numpy as np
import talib
from talib import abstract


def call(text, bars, outputs, library):
    """A function without parameters that runs `NAME array ... option ...` once; the options that are left out are defaults."""
    name, *words = text.split()
    arrays = [bars[word] for word in words if word in bars]
    given = [word for word in words if word not in bars]
    about = abstract.Function(name)
    defaults = list(about.parameters.values())
    options = [type(default)(word) for default, word in zip(defaults, given)] + defaults[len(given):]
    count = len(arrays[0])
    begin, length = ctypes.c_int(), ctypes.c_int()
    arguments = [ctypes.c_int(0), ctypes.c_int(count - 1)]
    arguments += [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
    arguments += [ctypes.c_double(option) if isinstance(option, float) else ctypes.c_int(option) for option in options]
    arguments += [ctypes.byref(begin), ctypes.byref(length)]
    arguments += [output.ctypes.data_as(ctypes.c_void_p) for output in outputs[: len(about.output_names)]]
    function = getattr(library, "TA_" + name)

    def run():
        code = function(*arguments)
        if code != 0 or length.value < count - 1_000:
            raise SystemExit(f"talib_columns: {text}: TA-Lib answered {code} and {length.value} values.")

    return run


def main():
    table, path, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5
    numbers = np.fromfile(path).reshape(5, -1)
    bars = {letter: np.ascontiguousarray(row) for letter, row in zip("ohlcv", numbers)}
    outputs = [np.zeros(numbers.shape[1]) for _ in range(4)]
    library = ctypes.CDLL(str(next((pathlib.Path(talib.__file__).parents[1] / "ta_lib.libs").glob("libta-lib*"))))
    for line in open(table):
        if line.startswith("#") or not line.strip():
            continue
        calls = [call(text, bars, outputs, library) for text in line.split("|")[0].split("+")]
        best = float("inf")
        for _ in range(rounds):
            start = time.thread_time_ns()
            for run in calls:
                run()
            best = min(best, time.thread_time_ns() - start)
        name = "+".join(text.split()[0] for text in line.split("|")[0].split("+"))
        print(f"RESULT name=indicator_library_{name} value={best / numbers.shape[1]:.3f} unit=ns", flush=True)
    print(f"talib {talib.__version__}, C {talib.__ta_version__.decode()}", file=sys.stderr)


main()
