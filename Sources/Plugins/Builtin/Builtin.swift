import AkShareProvider
import AlphaVantageProvider
import BayesianAverageModel
import BinanceProvider
import CSVSink
import ConsoleSink
import EmailSink
import GradientBoostingModel
import HTTPTableProvider
import Indicators
import KafkaProvider
import KafkaSink
import LinearModel
import LocalHistoryProvider
import NDJSONSink
import NeuralModel
import ONNXModel
import OnlineLinearModel
import ParquetSink
public import PluginKit
import PostgresSink
import RandomForestModel
import RedisSink
import SQLiteSink
import SVMModel
import StackingModel
import TushareProvider
import VotingModel
import WebSocketSink
import WebhookSink
import XGBoostModel
import YahooProvider

/// The plugins compiled into the host: one line each, and nothing else names them. Indicators have theirs in `IndicatorList`.
public enum Builtin {
    /// Every compiled-in plugin, by kind, then name.
    public static let plugins: [PluginType] = providers + IndicatorList.all + others

    private static let providers: [PluginType] = [
        .provider(AkShare.self),
        .provider(AlphaVantage.self),
        .provider(Binance.self),
        .provider(HTTPTable.self),
        .provider(KafkaProvider.Kafka.self),
        .provider(LocalHistory.self),
        .provider(Tushare.self),
        .provider(Yahoo.self),
    ]

    private static let others: [PluginType] = [
        .model(BayesianAverage.self),
        .model(GradientBoosting.self),
        .model(Linear.self),
        .model(Neural.self),
        .model(ONNX.self),
        .model(OnlineLinear.self),
        .model(RandomForest.self),
        .model(Ridge.self),
        .model(SVM.self),
        .model(Stacking.self),
        .model(Voting.self),
        .model(XGBoost.self),

        .sink(CSVFile.self),
        .sink(Console.self),
        .sink(Email.self),
        .sink(KafkaSink.Kafka.self),
        .sink(NDJSON.self),
        .sink(Parquet.self),
        .sink(Postgres.self),
        .sink(Redis.self),
        .sink(SQLite.self),
        .sink(WebSocketChannel.self),
        .sink(Webhook.self),
    ]
}
