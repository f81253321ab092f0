"""The arithmetic and its state: the last closes. Pure functions."""
import json
import math

from penstock_plugin import PluginError


def moves(last, closes, period):
    """Takes closes, changes the list of the last ones; returns the moves and the positions refused."""
    values, refused = [], []
    for row, close in enumerate(closes):
        value = math.nan
        if not math.isfinite(close):
            refused.append(row)
        else:
            if len(last) == period:
                value = close - last.pop(0)
            last.append(close)
        values.append(value)
    return values, refused


def restored(data, period):
    """Reads a state back; raises PluginError("corrupted") for other bytes."""
    try:
        last = json.loads(data)
        assert isinstance(last, list) and len(last) <= period
        assert all(type(close) is float and math.isfinite(close) for close in last)
        return last
    except (ValueError, AssertionError) as error:
        raise PluginError("corrupted", "the state is damaged. Warm up again.") from error
