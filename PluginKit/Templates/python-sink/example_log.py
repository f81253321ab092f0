"""A bar as a line. Pure functions."""


def lines(bars, symbols):
    """Gives one line a bar: instrument,seconds,open,high,low,close,volume."""
    for row in range(len(bars)):
        number = int(bars.instrument[row])
        values = [bars.open[row], bars.high[row], bars.low[row], bars.close[row], bars.volume[row]]
        start = [symbols.get(str(number), str(number)), str(int(bars.time[row]) // 10**9)]
        yield ",".join([*start, *(repr(float(value)) for value in values)]) + "\n"
