import CSVSink
import ConsoleSink
import Indicators
import LocalHistoryProvider
import NDJSONSink
public import PluginKit
import RidgeModel
import SQLiteSink
import WebSocketSink
import XGBoostModel

/// The plugins compiled into the host: one line each, and nothing else names them.
public enum Builtin {
    /// Every compiled-in plugin, by kind, then name.
    public static let plugins: [PluginType] = [
        .provider(LocalHistory.self),

        .indicator(ATR.self),
        .indicator(BollingerBands.self),
        .indicator(EMA.self),
        .indicator(KDJ.self),
        .indicator(MACD.self),
        .indicator(OBV.self),
        .indicator(RSI.self),
        .indicator(SMA.self),
        .indicator(StandardDeviation.self),
        .indicator(VWAP.self),
        .indicator(VolumeRatio.self),
        .indicator(WMA.self),
        .indicator(WilliamsR.self),

        .model(Ridge.self),
        .model(XGBoost.self),

        .sink(CSVFile.self),
        .sink(Console.self),
        .sink(NDJSON.self),
        .sink(SQLite.self),
        .sink(WebSocketChannel.self),
    ]
}
