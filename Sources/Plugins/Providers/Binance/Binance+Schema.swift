import HTTPFetch
import PluginKit
import SocketStream

extension Binance {
    static let schema = ConfigurationSchema(
        [
            .text(
                "base_url", default: "https://api.binance.com",
                "Where it is asked: https://data-api.binance.vision has market data alone, https://api.binance.us the US."
            ),
            .text("since", default: "2017-07-14", "Date from which on all bars there are is asked for."),
            .integer(
                "max_pages", 1...10_000, default: 1_000, unit: "pages",
                "Pages of 1,000 bars or trades asked for at most; a defect says so where there are more."),
            .integer("depth", 1...20, default: 20, unit: "levels", "Levels of an order book given, a side."),
            .text(
                "stream_url", default: "wss://stream.binance.com:9443",
                "Where the streams are: wss://data-stream.binance.vision has market data alone."),
            ConfigurationOption(
                "recording", .text,
                "A file of recorded messages, packed or not, that is played in place of the streams: a message a line, before it, where known, when it came in ns."
            ),
        ] + HTTPOptions.schema() + StreamOptions.schema)
}
