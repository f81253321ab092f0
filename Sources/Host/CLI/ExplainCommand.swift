import ArgumentParser
import FoundationEssentials
import HostApp
import PluginKit

/// `penstock explain`: a bar back to its source, and what was predicted from it back to the version of the model and what that saw.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show where a value comes from: its source, the features, the version of the model.",
        discussion: """
            Asks the running host for the instrument's last bar, or the last up to a time. Features are computed again from the \
            stored bars; - where a column comes from elsewhere.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The instrument, in any spelling: AAPL, 600519, sh600519.", valueName: "instrument"))
    var instrument: String

    @Argument(help: ArgumentHelp("A day or an instant in UTC: 2012-05-31, 2012-05-31T20:00:00Z.", valueName: "time"))
    var time: String?

    @Option(name: .long, help: ArgumentHelp("The span of its bars, as 1d.", valueName: "timeframe"))
    var timeframe: String?

    func run() async throws {
        let host = try shared.runningHost("explain")
        let body = try HostStatus.body(host, path, who: "explain")
        if shared.json { return Output.write(String(decoding: body, as: UTF8.self) + "\n") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        Output.write(try decoder.decode(Explanation.self, from: Data(body)).text)
    }

    private var path: String {
        let query = [("time", time), ("timeframe", timeframe)].compactMap { name, value in
            value.map { "\(name)=\(QuarantineSession.escaped($0))" }
        }
        let path = "/api/v2/stocks/\(QuarantineSession.escaped(instrument))/explain"
        return query.isEmpty ? path : "\(path)?\(query.joined(separator: "&"))"
    }
}

/// The answer of `/api/v2/stocks/{symbol}/explain`.
private struct Explanation: Decodable {
    struct Bar: Decodable {
        let time: String
        let open, high, low, close, volume: Double?
    }

    struct Feature: Decodable {
        let name: String
        let value: Double?
    }

    struct Prediction: Decodable {
        let model, pipeline, plugin, origin, target: String
        let version: Int
        let value: Double?
        let flags: [String]
        let features: [Feature]
    }

    let instrument, timeframe: String
    let bar: Bar
    let version: Int
    let knownAt, storedAt, source, came: String
    let attempts: Int
    let fetchedAt: String?
    let predictions: [Prediction]

    var text: String {
        let prices = [
            ("open", bar.open), ("high", bar.high), ("low", bar.low), ("close", bar.close), ("volume", bar.volume),
        ]
        .map { "\($0) \(Self.number($1))" }.joined(separator: ", ")
        var lines = [
            "\(instrument), \(timeframe) bar of \(bar.time): \(prices)",
            "  from provider/\(source) (\(came), try \(attempts)\(fetchedAt.map { ", asked \($0)" } ?? "")), known at \(knownAt), "
                + "stored \(storedAt) as version \(version)",
        ]
        for prediction in predictions {
            let served = prediction.version > 0 ? "version \(prediction.version)" : "no kept version"
            let flags = prediction.flags.isEmpty ? "" : " [\(prediction.flags.joined(separator: ", "))]"
            lines.append(
                "  -> model/\(prediction.model) (\(prediction.plugin), \(served), pipeline/\(prediction.pipeline)): "
                    + "\(prediction.target) \(Self.number(prediction.value))\(flags)")
            let features = prediction.features.map { "\($0.name) \(Self.number($0.value))" }
            if !features.isEmpty { lines.append("       of \(features.joined(separator: ", "))") }
        }
        if predictions.isEmpty { lines.append("  -> no prediction was made from it") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "-" }
}
