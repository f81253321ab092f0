public import PluginKit

/// Every indicator of this module, in the order of their names in YAML.
public let allIndicators: [any Indicator.Type] = [
    ATR.self, BollingerBands.self, EMA.self, KDJ.self, MACD.self, OBV.self, RSI.self, SMA.self, StandardDeviation.self,
    VolumeRatio.self, VWAP.self, WilliamsR.self, WMA.self,
]
