"""python3 -m unittest: rows as the packages give them, whose columns and order are theirs."""
import datetime
import math
import unittest

import mapping

# A record of akshare.stock_zh_a_hist(symbol="000001"), columns as its documentation prints them.
AKSHARE = {"日期": "2017-03-01", "股票代码": "000001", "开盘": 9.49, "收盘": 9.49, "最高": 9.55, "最低": 9.47, "成交量": 346994,
           "成交额": 329841110.0, "振幅": 0.84, "涨跌幅": 0.11, "涨跌额": 0.01, "换手率": 0.24}
NEW_YORK = datetime.timezone(datetime.timedelta(hours=-5))
# A row of yfinance.Ticker("AAPL").history(auto_adjust=False), its values those of data/history/AAPL.csv.
YFINANCE = (datetime.datetime(2013, 3, 1, tzinfo=NEW_YORK),
            {"Open": 438.0, "High": 438.1799, "Low": 429.98, "Close": 430.47, "Adj Close": 56.137353095488, "Volume": 19730300,
             "Dividends": 0.0, "Stock Splits": 0.0})


class MappingTests(unittest.TestCase):
    def test_akshare_counts_lots_and_ends_at_three_in_china(self):
        time, *values = mapping.akshare_row(AKSHARE)
        self.assertEqual(time, 1488351600 * 10**9)  # 2017-03-01T07:00:00Z
        self.assertEqual(values, [9.49, 9.55, 9.47, 9.49, 34699400.0, 329841110.0])

    def test_akshare_gives_dates_too(self):
        day = dict(AKSHARE, 日期=datetime.date(2017, 3, 1))
        self.assertEqual(mapping.akshare_row(day), mapping.akshare_row(AKSHARE))

    def test_yfinance_ends_at_four_at_the_venue(self):
        time, *values = mapping.yfinance_row(*YFINANCE)
        self.assertEqual(time, 1362171600 * 10**9)  # 2013-03-01T21:00:00Z
        self.assertEqual(values[:5], [438.0, 438.1799, 429.98, 430.47, 19730300.0])
        self.assertTrue(math.isnan(values[5]))

    def test_what_is_no_bar_becomes_a_defect_with_its_place(self):
        rows = [(AKSHARE,), (dict(AKSHARE, 收盘=math.nan),), ({"日期": "2017-03-02"},), (dict(AKSHARE, 日期="soon"),)]
        bars, defects = mapping.sorted_out("000001.SZ", rows, mapping.akshare_row, 0, 2**63 - 1)
        self.assertEqual(len(bars), 1)
        self.assertEqual([defect["place"] for defect in defects], ["000001.SZ:1", "000001.SZ:2", "000001.SZ:3"])

    def test_only_the_asked_range_is_kept(self):
        bars, defects = mapping.sorted_out("000001.SZ", [(AKSHARE,)], mapping.akshare_row, 1488351600 * 10**9 + 1, 2**63)
        self.assertEqual((bars, defects), ([], []))

    def test_chunks_never_split_a_day(self):
        rows = [(day, 0, 0, 0, 0, 0, 0, number) for number in range(3) for day in range(5)]
        chunks = list(mapping.by_time(rows, size=4))
        self.assertEqual([row[0] for chunk in chunks for row in chunk], sorted(row[0] for row in rows))
        for before, after in zip(chunks, chunks[1:]):
            self.assertLess(before[-1][0], after[0][0])


if __name__ == "__main__":
    unittest.main()
