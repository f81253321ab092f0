"""Daily bars of mainland shares through akshare, of others through yfinance."""
import datetime
import importlib
import threading

from penstock_plugin import PluginError, Provider, Push, bars, run

import mapping

MAINLAND = ("SH", "SZ", "BJ")


def library(name):
    """Imports a package only when it is needed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PluginError("environment", f"the package {name!r} cannot be imported: {error}. Install the plugin with "
                          "`penstock plugins install`, which makes its own environment.") from error


class Free(Provider):
    descriptor = {
        "kind": "provider", "name": "python_free", "version": "1.1.0", "stability": "experimental",
        "summary": "Daily bars: mainland shares by akshare, others by yfinance.",
        "options": [
            {"name": "adjust", "type": "choice", "words": ["none", "forward", "backward"], "default": "none",
             "summary": "How akshare adjusts prices for dividends and splits."},
            {"name": "follow", "type": "boolean", "default": False,
             "summary": "Whether it goes on asking for new bars when history was given."},
            {"name": "every", "type": "duration", "minimum": 60, "maximum": 604800, "default": 3600,
             "summary": "How long it waits before it asks again."},
        ],
        "provider": {"fetches": ["bar"], "streams": ["bar"], "needs_network": True, "rate_limit": "a few a second"},
    }

    def __init__(self, options, host):
        super().__init__(options, host)
        self.stopping = threading.Event()

    def fetch(self, request):
        rows, defects = self.rows(request, request["from"], request["to"])
        return bars(rows), defects

    def stream(self, subscription):
        after = int(subscription.get("resume_after") or 0)
        while True:
            rows, defects = self.rows(dict(subscription, kind=subscription["kind"]), after + 1, 2**63 - 1)
            for chunk in mapping.by_time(rows):
                after = chunk[-1][0]
                yield Push(bars(chunk), str(after), defects)
                defects = []
            if not self.options["follow"] or self.stopping.wait(self.options["every"]):
                return

    def stop(self):
        self.stopping.set()

    def rows(self, request, first, last):
        """Asks for every instrument; rows end with the instrument's number."""
        if request["kind"] != "bar" or request["timeframe"] != "1d":
            raise PluginError("unsupported", "gives daily bars only. Ask for 1d, or another provider.")
        rows, defects = [], []
        for instrument in request["instruments"]:
            if instrument["venue"] in MAINLAND:
                records = [(record,) for record in self.akshare(instrument, first, last)]
                part = mapping.sorted_out(instrument["symbol"], records, mapping.akshare_row, first, last)
            else:
                part = mapping.sorted_out(
                    instrument["symbol"], self.yfinance(instrument), mapping.yfinance_row, first, last)
            rows += [(*row, instrument["id"]) for row in part[0]]
            defects += part[1]
        return rows, defects

    def akshare(self, instrument, first, last):
        """Fetches from akshare; returns its records."""
        adjust = {"none": "", "forward": "qfq", "backward": "hfq"}[self.options["adjust"]]
        package = library("akshare")
        table = self.ask("akshare", instrument, lambda: package.stock_zh_a_hist(
            symbol=instrument["code"], period="daily", start_date=self.day(first, "19900101"),
            end_date=self.day(last, "21000101"), adjust=adjust))
        return table.to_dict("records")

    def yfinance(self, instrument):
        """Fetches from yfinance; returns pairs of the day and its record."""
        code = instrument["code"] if instrument["venue"] == "US" else instrument["symbol"].lstrip("0")
        package = library("yfinance")
        table = self.ask("yfinance", instrument, lambda: package.Ticker(code).history(
            period="max", auto_adjust=False, raise_errors=True))
        return [(day.to_pydatetime(), record.to_dict()) for day, record in table.iterrows()]

    @staticmethod
    def day(nanoseconds, otherwise):
        try:
            moment = datetime.datetime.fromtimestamp(nanoseconds / 1e9, datetime.timezone.utc)
            return moment.strftime("%Y%m%d") if moment.year > 1989 else otherwise
        except (OverflowError, ValueError, OSError):
            return otherwise

    @staticmethod
    def ask(source, instrument, call):
        """Calls a package, which raises whatever its transport raises; returns a table with rows."""
        try:
            table = call()
        except PluginError:
            raise
        except Exception as error:
            name = type(error).__name__
            if name == "YFRateLimitError":
                raise PluginError("rate_limited", f"{source} was asked too often.", retry_after=60) from error
            if name == "YFTzMissingError":  # what yfinance says without a network, and of a symbol that never was
                raise PluginError("transient", f"{source} found no time zone of {instrument['symbol']!r}: it was not reached, "
                                  "or has no such symbol. See whether the network is granted.") from error
            if name in ("YFPricesMissingError", "YFTickerMissingError"):
                raise PluginError("no_data", f"{source} has no bars for {instrument['symbol']!r}.") from error
            raise PluginError("transient", f"{source} did not answer for {instrument['symbol']!r} ({name}). It is asked "
                              "again; see whether the network is granted.") from error
        if table is None or table.empty:
            raise PluginError("no_data", f"{source} has no bars for {instrument['symbol']!r}.")
        return table


if __name__ == "__main__":
    run(Free)
