"""The cross of two moving averages (10, 30) with market orders in nautilus_trader 2.x, over real daily bars, repeated, a minute apart.

Usage: nautilus2_cross.py FILE.csv [N]. Prints `nautilus ...: B bars/s engine run, T closed`. Needs Python 3.13.
"""

import csv
import importlib.metadata
import sys
import time

from nautilus_trader.backtest import BacktestEngine, BacktestEngineConfig
from nautilus_trader.common import LoggerConfig
from nautilus_trader.execution import FixedFeeModel
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model import (
    AccountType, Bar, BarType, Currency, Money, OmsType, OrderSide, Price, Quantity, StrategyId, Venue,
)
from nautilus_trader.testkit.providers import TestInstrumentProvider
from nautilus_trader.trading import Strategy, StrategyConfig

COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 300_000
INSTRUMENT = TestInstrumentProvider.default_fx_ccy("EUR/USD", Venue("SIM"))
TYPE = BarType.from_str(f"{INSTRUMENT.id}-1-MINUTE-LAST-EXTERNAL")


class Cross(Strategy):
    def on_start(self):
        self.fast, self.slow = SimpleMovingAverage(10), SimpleMovingAverage(30)
        self.held, self.closed = False, 0
        self.subscribe_bars(TYPE)
        self.register_indicator_for_bars(TYPE, self.fast)
        self.register_indicator_for_bars(TYPE, self.slow)

    def send(self, side):
        self.submit_order(self.order.market(INSTRUMENT.id, side, Quantity.from_int(1000)))

    def on_bar(self, bar):
        if not self.slow.initialized:
            return
        if self.fast.value > self.slow.value and not self.held:
            self.held = True
            self.send(OrderSide.BUY)
        elif self.fast.value < self.slow.value and self.held:
            self.held, self.closed = False, self.closed + 1
            self.send(OrderSide.SELL)


def bars():
    rows = [[float(row[name]) for name in ("open", "high", "low", "close")] for row in csv.DictReader(open(sys.argv[1]))]
    size = Quantity.from_int(1_000_000)
    for number in range(COUNT):
        prices = [Price(price, 5) for price in rows[number % len(rows)]]
        at = 1_577_836_800_000_000_000 + number * 60_000_000_000
        yield Bar(TYPE, *prices, size, at, at)


engine = BacktestEngine(BacktestEngineConfig(bypass_logging=True, logging=LoggerConfig(bypass_logging=True)))
usd = Currency.from_str("USD")
engine.add_venue(
    Venue("SIM"), OmsType.NETTING, AccountType.MARGIN, [Money(1_000_000_000, usd)], base_currency=usd,
    fee_model=FixedFeeModel(Money(0, usd)))
engine.add_instrument(INSTRUMENT)
engine.add_data(list(bars()))
strategy = Cross(StrategyConfig(strategy_id=StrategyId("S-1")))
engine.add_strategy(strategy)
begin = time.perf_counter()
engine.run()
span = time.perf_counter() - begin
version = importlib.metadata.version("nautilus_trader")
print(f"nautilus {version} cross: {COUNT} bars, {COUNT / span:,.0f} bars/s engine run ({span:.2f} s), {strategy.closed} closed")
