"""The format of the files: text to rows. Pure functions."""
import math


def read(text, instrument, name):
    """Returns rows of bars, and a defect for each line that cannot be one; a header is passed over."""
    rows, defects = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or (number == 1 and line.startswith("seconds,")):
            continue
        try:
            fields = line.split(",")
            open_, high, low, close, volume = numbers = [float(field) for field in fields[1:]]
            time = int(fields[0]) * 10**9
            if not all(map(math.isfinite, numbers)) or abs(time) >= 2**63:
                raise ValueError(line)
        except ValueError:
            defects.append({"place": f"{name}:{number}", "reason": "unreadable_row", "raw": line[:200],
                            "message": "it is not seconds,open,high,low,close,volume."})
        else:
            rows.append((time, open_, high, low, close, volume, math.nan, instrument))
    return rows, defects
