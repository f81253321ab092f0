"""References of the indicators over trades, quotes and books: from the formulas, with numpy and pandas, on recordings that
other projects published. Reads the files itself; keeps the order book itself. Nothing of them is copied here.

A line of recorded.csv is as in golden.csv, with the recording behind the plugin: `signed_volume@lean?rule=tick#sum,...`.
Row 0 is the event after the first SKIPPED.
"""

import gzip
import io
import json
import zipfile

import numpy as np
import pandas as pd

SKIPPED, TAKEN = 1_000, 4_000
FILES = {
    "binance": "hftbacktest/spot_ethusdt_20240808.gz",
    "lean trades": "lean/tick/ibm_20131007_trade.zip",
    "lean quotes": "lean/tick/ibm_20131007_quote.zip",
    "hikyuu": "hikyuu/sz_trans.csv.gz",
}


def cut(frame):
    return frame.iloc[SKIPPED : SKIPPED + TAKEN].reset_index(drop=True)


def zipped(path):
    with zipfile.ZipFile(path) as archive:
        return pd.read_csv(io.BytesIO(archive.read(archive.namelist()[0])), header=None)


def lean_trades(market):
    rows = zipped(market / FILES["lean trades"])
    return pd.DataFrame({"time": rows[0] * 1_000_000, "price": rows[1] / 10_000, "size": rows[2].astype(float), "side": 0})


def lean_quotes(market):
    """A row has one side; the other is as it was."""
    rows = zipped(market / FILES["lean quotes"])
    side = lambda price, size: (
        (rows[price] / 10_000).where(rows[price] != 0).ffill(), rows[size].astype(float).where(rows[price] != 0).ffill())
    (bid, bid_size), (ask, ask_size) = side(1, 2), side(3, 4)
    return pd.DataFrame({
        "time": rows[0] * 1_000_000, "bid": bid, "ask": ask, "bid_size": bid_size, "ask_size": ask_size})


def hikyuu_trades(market):
    """Lots of 100; 0 bought, 1 sold, 2 neither."""
    rows = pd.read_csv(market / FILES["hikyuu"])
    rows = rows[rows["symbol"] == "SZ000001"]
    time = pd.to_datetime(rows["datetime"], format="%Y%m%d%H%M%S").astype("int64")
    if time.max() < 10**18:
        time *= 10 ** (18 - len(str(time.max())) + 1)
    return cut(pd.DataFrame({
        "time": time, "price": rows["price"].astype(float), "size": rows["volume_hands"] * 100.0,
        "side": rows["side"].map({0: 1, 1: -1, 2: 0})}))


def binance(market):
    """Trades, best quotes, and the books after each change behind the snapshot: two lists of (price, size) each."""
    trades, quotes, books = [], [], []
    sides, last = None, 0
    waiting = []
    with gzip.open(market / FILES["binance"], "rt") as file:
        for line in file:
            message = json.loads(line.split(" ", 1)[1])
            stream, data = message.get("stream", ""), message.get("data")
            if stream.endswith("@trade"):
                trades.append((data["T"] * 1_000_000, float(data["p"]), float(data["q"]), -1 if data["m"] else 1))
            elif stream.endswith("@bookTicker"):
                quotes.append(tuple(float(data[key]) for key in ("b", "a", "B", "A")))
            else:
                if data is None:
                    last = message["lastUpdateId"]
                    sides = [{float(p): float(q) for p, q in message[key]} for key in ("bids", "asks")]
                else:
                    waiting.append(data)
                while sides and waiting:
                    change = waiting.pop(0)
                    if change["u"] <= last:
                        continue
                    for levels, key in zip(sides, ("b", "a")):
                        for price, size in ((float(p), float(q)) for p, q in change[key]):
                            if size == 0:
                                levels.pop(price, None)
                            else:
                                levels[price] = size
                    books.append((sorted(sides[0].items(), reverse=True)[:20], sorted(sides[1].items())[:20]))
    return (
        cut(pd.DataFrame(trades, columns=["time", "price", "size", "side"])),
        cut(pd.DataFrame(quotes, columns=["bid", "ask", "bid_size", "ask_size"])), books[SKIPPED : SKIPPED + TAKEN])


def windows(values, n):
    return np.lib.stride_tricks.sliding_window_view(np.asarray(values), n)


def behind(values, count):
    """Values that begin after some rows without one."""
    return np.concatenate([np.full(count, np.nan), values])


def signs(trades, rule):
    tick = np.sign(trades["price"].diff()).replace(0, np.nan).ffill().fillna(0)
    return tick if rule == "tick" else trades["side"].where(trades["side"] != 0, tick)


def vpin(trades, rule, bucket, n):
    """Cuts the summed volume at the ends of the buckets; between trades it grows in a straight line."""
    total = np.concatenate([[0], np.cumsum(trades["size"])])
    signed = np.concatenate([[0], np.cumsum(trades["size"] * signs(trades, rule))])
    ends = np.arange(0, int(total[-1] // bucket) + 1) * bucket
    shares = np.abs(np.diff(np.interp(ends, total, signed))) / bucket
    value, count = [], []
    for row in range(1, len(total)):
        full = int(total[row] // bucket)
        recent = shares[max(full - n, 0) : full]
        value.append(recent.mean() if full else abs(signed[row]) / total[row])
        count.append(len(recent))
    return np.array(value), np.array(count, dtype=float)


def of_trades(add, recording, trades, bucket):
    """What is computed from trades; `add` takes plugin, options, columns and their names."""
    price, size = trades["price"], trades["size"]
    change = price.diff().to_numpy()
    for rule, n in (("side", 100), ("tick", 100), ("side", 7)):
        options = "&".join((["rule=tick"] if rule == "tick" else []) + ([f"period={n}"] if n != 100 else []))
        value = size * signs(trades, rule)
        total = value.rolling(n).apply(np.sum, raw=True)
        add("signed_volume", recording, options, (value.where(total.notna()), total,
            total / size.rolling(n).apply(np.sum, raw=True)), ("value", "sum", "share"))
    for rule, n in (("side", 200), ("tick", 50)):
        x, y = windows((size * signs(trades, rule)).to_numpy()[1:], n), windows(change[1:], n)
        dx, dy = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        xx, yy, xy = (dx * dx).sum(axis=1), (dy * dy).sum(axis=1), (dx * dy).sum(axis=1)
        with np.errstate(all="ignore"):
            slope, correlation = np.where(np.ptp(x, axis=1) == 0, 0, xy / xx), xy / np.sqrt(xx * yy)
        correlation = np.where((np.ptp(x, axis=1) == 0) | (np.ptp(y, axis=1) == 0), 0, correlation)
        add("kyle_lambda", recording, "" if rule == "side" else f"rule=tick&period={n}",
            (behind(slope, n), behind(correlation, n)), ("value", "correlation"))
    for n in (200, 30):
        now, before = windows(change[2:], n), windows(change[1:-1], n)
        covariance = ((now - now.mean(axis=1, keepdims=True)) * (before - before.mean(axis=1, keepdims=True))).mean(axis=1)
        add("roll_spread", recording, "" if n == 200 else f"period={n}",
            (behind(2 * np.sqrt(np.maximum(-covariance, 0)), n + 1), behind(covariance, n + 1)), ("value", "covariance"))
    for n, every in ((100, 1), (40, 5)):
        returns = np.diff(np.log(price.to_numpy()[::every]))
        sampled = behind(np.sqrt((windows(returns, n) ** 2).sum(axis=1)), n)
        value = pd.Series(np.nan, index=range(len(trades)))
        value[::every] = sampled
        add("trade_volatility", recording, "" if n == 100 else f"period={n}&every={every}", (value.ffill(),), ("value",))
    time = trades["time"].to_numpy()
    for span in (60, 5):
        weights = [np.exp(-(time[row] - time[: row + 1]) / (span * 1e9)) / span for row in range(len(trades))]
        add("trade_intensity", recording, "" if span == 60 else f"span={span}s",
            ([weight.sum() for weight in weights], [(weight * size[: len(weight)]).sum() for weight in weights]),
            ("trades", "volume"))
    for rule, n, volume in (("side", 50, None), ("tick", 5, bucket), ("side", 50, bucket)):
        options = "&".join((["rule=tick"] if rule == "tick" else []) + ([f"period={n}"] if n != 50 else [])
            + ([f"bucket={volume}"] if volume else []))
        add("vpin", recording, options, vpin(trades, rule, volume or 1_000, n), ("value", "buckets"))


def of_quotes(add, recording, quotes):
    bid, ask, b, a = (quotes[name] for name in ("bid", "ask", "bid_size", "ask_size"))
    add("quoted_spread", recording, "", (ask - bid, (ask - bid) / ((ask + bid) / 2)), ("quoted", "relative"))
    add("microprice", recording, "", ((bid * a + ask * b) / (a + b), (bid + ask) / 2), ("value", "mid"))
    add("quote_imbalance", recording, "", ((b - a) / (b + a),), ("value",))
    event = (b.where(bid >= bid.shift(), 0) - b.shift().where(bid <= bid.shift(), 0)
        - a.where(ask <= ask.shift(), 0) + a.shift().where(ask >= ask.shift(), 0))
    event[0] = np.nan
    for n in (100, 3):
        total = event.rolling(n).apply(np.sum, raw=True)
        add("order_flow_imbalance", recording, "" if n == 100 else f"period={n}",
            (total, event.where(total.notna())), ("value", "event"))


def of_books(add, recording, books):
    for levels in (5, 1, 20):
        sums = np.array([[sum(size for _, size in side[:levels]) for side in book] for book in books])
        options = "" if levels == 5 else f"levels={levels}"
        add("book_depth", recording, options, (sums[:, 0], sums[:, 1]), ("bid", "ask"))
        add("book_imbalance", recording, options, ((sums[:, 0] - sums[:, 1]) / sums.sum(axis=1),), ("value",))


def quoted(market):
    """Trades of a day with the quote in force at each: joined and computed by pandas. Row 0 is the first trade of the day."""
    quotes = lean_quotes(market).dropna()
    trades = pd.merge_asof(lean_trades(market), quotes, on="time")
    mid, price, size = (trades["bid"] + trades["ask"]) / 2, trades["price"], trades["size"]
    usable = mid.notna()
    trades, mid, price, size = (values[usable].reset_index(drop=True) for values in (trades, mid, price, size))
    sign = np.sign(price - mid).where(price != mid, signs(trades, "tick"))
    effective = 2 * sign * (price - mid)
    found, first = {}, int(usable.values.argmax())

    def add(plugin, options, outputs):
        warm = pd.concat(outputs.values(), axis=1).notna().all(axis=1)
        for output, values in outputs.items():
            found[f"{plugin}@lean{'?' if options else ''}{options}#{output}"] = behind(values.where(warm).to_numpy(), first)

    def mean(values, weights, n):
        return (values * weights).rolling(n).apply(np.sum, raw=True) / weights.rolling(n).apply(np.sum, raw=True)

    for n in (100, 7):
        options = "" if n == 100 else f"period={n}"
        add("effective_spread", options, {"effective": effective, "relative": effective / mid, "mean": mean(effective, size, n)})
        total = (sign * size).rolling(n).apply(np.sum, raw=True)
        add("lee_ready", options, {"value": sign * size, "sum": total, "share": mean(sign, size, n)})
    for k, n in ((20, 100), (1, 1), (500, 60)):
        then, before = sign.shift(k), mid.shift(k)
        realized = 2 * then * (price.shift(k) - mid)
        add("realized_spread", "" if k == 20 else f"after={k}&period={n}", {
            "realized": realized, "impact": 2 * then * (mid - before), "mean": mean(realized, size.shift(k), n)})
    return found


def columns(market):
    """Every reference, by key."""
    found = {}

    def add(plugin, recording, options, values, outputs):
        for output, column in zip(outputs, values, strict=True):
            found[f"{plugin}@{recording}{'?' if options else ''}{options}#{output}"] = np.asarray(column, dtype=float)

    trades, quotes, books = binance(market)
    # No sum of sizes with four places is a multiple of it: no trade ends where a bucket does, to rounding.
    of_trades(add, "binance", trades, 3.141592653)
    of_trades(add, "lean", cut(lean_trades(market)), 2_500)
    of_trades(add, "hikyuu", hikyuu_trades(market), 250_000)
    of_quotes(add, "binance", quotes)
    of_quotes(add, "lean", cut(lean_quotes(market)))
    of_books(add, "binance", books)
    return found
