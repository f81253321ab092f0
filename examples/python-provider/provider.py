"""Daily bars of mainland shares through akshare, of others through yfinance."""
import datetime
import importlib
import math

from penstock_plugin import PluginError, Provider, bars, run

CLOSES = {"SH": (datetime.timezone(datetime.timedelta(hours=8)), 15), "SZ": (datetime.timezone(datetime.timedelta(hours=8)), 15)}


def library(name):
    """Imports a package only when it is needed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PluginError("environment", f"the package {name!r} is not installed. Run: pip install {name}") from error


class Free(Provider):
    descriptor = {
        "kind": "provider", "name": "python_free", "version": "1.0.0", "stability": "experimental",
        "summary": "Daily bars: mainland shares by akshare, others by yfinance.",
        "options": [{"name": "adjust", "type": "choice", "words": ["none", "forward", "backward"], "default": "none",
                     "summary": "How akshare adjusts prices for dividends and splits."}],
        "provider": {"fetches": ["bar"], "streams": [], "needs_network": True, "rate_limit": "a few a second"},
    }

    def fetch(self, request):
        if request["kind"] != "bar" or request["timeframe"] != "1d":
            raise PluginError("unsupported", "gives daily bars only. Ask for 1d, or another provider.")
        rows, defects = [], []
        for instrument in request["instruments"]:
            read = self.akshare if instrument["venue"] in CLOSES else self.yahoo
            for place, values in read(instrument, request):
                time = values[0]
                if not all(math.isfinite(value) for value in values[1:6]):
                    defects.append({"place": place, "reason": "unreadable_number", "message": "a price is no number",
                                    "raw": repr(values)})
                elif request["from"] <= time <= request["to"]:
                    rows.append((*values, instrument["id"]))
        return bars(rows), defects

    def akshare(self, instrument, request):
        zone, hour = CLOSES[instrument["venue"]]
        adjust = {"none": "", "forward": "qfq", "backward": "hfq"}[self.options["adjust"]]
        table = self.ask(lambda: library("akshare").stock_zh_a_hist(
            symbol=instrument["code"], period="daily", start_date=self.day(request["from"], "19900101"),
            end_date=self.day(request["to"], "21000101"), adjust=adjust))
        for index, row in enumerate(table.to_dict("records")):
            day = row["日期"]
            day = day if isinstance(day, datetime.date) else datetime.date.fromisoformat(str(day)[:10])
            end = datetime.datetime(day.year, day.month, day.day, hour, tzinfo=zone)
            # akshare counts lots of 100 shares.
            yield f"{instrument['symbol']}:{index}", (
                int(end.timestamp()) * 10**9, float(row["开盘"]), float(row["最高"]), float(row["最低"]),
                float(row["收盘"]), float(row["成交量"]) * 100, float(row["成交额"]))

    def yahoo(self, instrument, request):
        code = instrument["code"] if instrument["venue"] == "US" else instrument["symbol"].lstrip("0")
        table = self.ask(lambda: library("yfinance").Ticker(code).history(period="max", auto_adjust=False))
        for index, (day, row) in enumerate(table.iterrows()):
            end = day.to_pydatetime().replace(hour=16)
            yield f"{instrument['symbol']}:{index}", (
                int(end.timestamp()) * 10**9, float(row["Open"]), float(row["High"]), float(row["Low"]),
                float(row["Close"]), float(row["Volume"]), math.nan)

    @staticmethod
    def day(nanoseconds, otherwise):
        try:
            moment = datetime.datetime.fromtimestamp(nanoseconds / 1e9, datetime.timezone.utc)
            return moment.strftime("%Y%m%d")
        except (OverflowError, ValueError, OSError):
            return otherwise

    @staticmethod
    def ask(call):
        try:
            table = call()
        except PluginError:
            raise
        except Exception as error:  # both packages raise whatever their transport raises
            raise PluginError("transient", f"the source did not answer: {type(error).__name__}") from error
        if table is None or table.empty:
            raise PluginError("no_data", "the source has no bars for this symbol")
        return table


if __name__ == "__main__":
    run(Free)
