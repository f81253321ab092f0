"""What the two packages answer, mapped to rows of bars. Pure functions: tests feed them recorded rows."""
import datetime
import math

CHINA = datetime.timezone(datetime.timedelta(hours=8))
Row = tuple  # (time ns, open, high, low, close, volume, amount)


def nanoseconds(moment: datetime.datetime) -> int:
    """The instant in nanoseconds since the Unix epoch; whole seconds."""
    return int(moment.timestamp()) * 10**9


def day_of(value) -> datetime.date:
    """A day as akshare gives it: a date, or text that begins with one."""
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value)[:10])


def akshare_row(record: dict) -> Row:
    """A record of `stock_zh_a_hist`: it counts lots of 100 shares, and a session ends at 15:00 in China."""
    day = day_of(record["日期"])
    end = datetime.datetime(day.year, day.month, day.day, 15, tzinfo=CHINA)
    return (nanoseconds(end), float(record["开盘"]), float(record["最高"]), float(record["最低"]), float(record["收盘"]),
            float(record["成交量"]) * 100, float(record["成交额"]))


def yfinance_row(day: datetime.datetime, record: dict) -> Row:
    """A row of `Ticker.history`: its index is midnight at the venue, and a session ends at 16:00 there."""
    return (nanoseconds(day.replace(hour=16)), float(record["Open"]), float(record["High"]), float(record["Low"]),
            float(record["Close"]), float(record["Volume"]), math.nan)


def sorted_out(symbol: str, rows, map_row, first: int, last: int):
    """Maps rows; returns those in the range with finite prices, and a defect for each that cannot be a bar."""
    bars, defects = [], []
    for index, row in enumerate(rows):
        try:
            bar = map_row(*row)
            if not all(math.isfinite(value) for value in bar[1:6]):
                raise ValueError("a price or the volume is no number")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            defects.append({"place": f"{symbol}:{index}", "reason": "unreadable_row",
                            "message": f"{type(error).__name__}: {error}"[:200], "raw": repr(row)[:200]})
            continue
        if first <= bar[0] <= last:
            bars.append(bar)
    return bars, defects


def by_time(rows, size: int = 512):
    """Sorts rows by time and cuts them where the time changes, so that a position leaves no instrument behind."""
    chunk = []
    for row in sorted(rows, key=lambda row: (row[0], row[-1])):
        if len(chunk) >= size and row[0] != chunk[-1][0]:
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk
