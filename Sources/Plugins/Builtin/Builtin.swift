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

        .indicator(ADX.self),
        .indicator(ADXR.self),
        .indicator(ALMA.self),
        .indicator(APO.self),
        .indicator(ATR.self),
        .indicator(AccelerationBands.self),
        .indicator(Aroon.self),
        .indicator(BOP.self),
        .indicator(BollingerBands.self),
        .indicator(CCI.self),
        .indicator(CMO.self),
        .indicator(DEMA.self),
        .indicator(DirectionalIndex.self),
        .indicator(DirectionalMovement.self),
        .indicator(DonchianChannel.self),
        .indicator(EMA.self),
        .indicator(HMA.self),
        .indicator(IMI.self),
        .indicator(Ichimoku.self),
        .indicator(KAMA.self),
        .indicator(KDJ.self),
        .indicator(KeltnerChannel.self),
        .indicator(MACD.self),
        .indicator(MFI.self),
        .indicator(McGinley.self),
        .indicator(Midpoint.self),
        .indicator(Momentum.self),
        .indicator(MovingAverageOfKind.self),
        .indicator(OBV.self),
        .indicator(PPO.self),
        .indicator(ParabolicSAR.self),
        .indicator(ParabolicSARExtended.self),
        .indicator(RMA.self),
        .indicator(RSI.self),
        .indicator(RateOfChange.self),
        .indicator(SMA.self),
        .indicator(StandardDeviation.self),
        .indicator(Stochastic.self),
        .indicator(StochasticRSI.self),
        .indicator(SuperTrend.self),
        .indicator(T3.self),
        .indicator(TEMA.self),
        .indicator(TRIMA.self),
        .indicator(TRIX.self),
        .indicator(TSI.self),
        .indicator(UltimateOscillator.self),
        .indicator(VWAP.self),
        .indicator(VWMA.self),
        .indicator(VolumeRatio.self),
        .indicator(WMA.self),
        .indicator(WilliamsR.self),
        .indicator(ZLEMA.self),

        .model(Ridge.self),
        .model(XGBoost.self),

        .sink(CSVFile.self),
        .sink(Console.self),
        .sink(NDJSON.self),
        .sink(SQLite.self),
        .sink(WebSocketChannel.self),
    ]
}
