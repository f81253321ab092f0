import ArgumentParser
import HostApp
import HostManifest
import HostTrading

/// `penstock backtest`.
struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Run strategies over the history of their pipeline, and report what they would have earned.",
        discussion: """
            A strategy is an entry of 'strategies' in the manifest. What is decided at the close of a bar is filled at a later one, by the \
            rules of the venue on that day. Predictions are those of fits that had not seen what came after. The report is stored in the \
            state folder, below backtests, as JSON and as a page; what was tried before is taken off the Sharpe ratio.
            penstock backtest s1
            penstock backtest --sma-cross 10/30 --set shares=100
            penstock backtest s1 --sweep k=3,5,10 --sweep rebalance=1,5,20
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Ids of strategies; without one all of them.", valueName: "strategy"))
    var strategies: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Hold while the mean of so many closes is above that of so many; lists make a sweep.",
            valueName: "fast/slow"))
    var smaCross: String?

    @Option(
        name: .long, help: ArgumentHelp("The pipeline of --sma-cross; default: the only one.", valueName: "pipeline"))
    var pipeline: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A key of the strategy in place of the manifest's, as k=3.", valueName: "key=value"))
    var set: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Values of a key to try, as k=3,5,10; several make a grid.", valueName: "key=values"))
    var sweep: [String] = []

    @Option(name: .long, help: ArgumentHelp("First day that is traded, UTC.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day that is traded, UTC.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("Writes the report as a page.", valueName: "file"), completion: .file())
    var html: String?

    @Option(name: .long, help: ArgumentHelp("Writes every fill as CSV.", valueName: "file"), completion: .file())
    var fills: String?

    func run() async throws {
        let order = try order()
        var options = HostOptions(isOnce: true, hasGateway: false)
        options.backtest = order
        _ = try await HostSession(shared: shared, options: options).run()
        let runs = order.result.all
        try write(runs)
        if shared.json {
            for run in runs { try Output.json(Line(backtest: run.report, settings: run.settings)) }
        } else if runs.contains(where: { !$0.settings.isEmpty }) {
            for (_, own) in runs.grouped() { Output.write("\n" + BacktestText.text(own)) }
        } else {
            for run in runs { Output.write("\n" + BacktestText.text(run.report)) }
        }
    }

    /// What is told of a run.
    private struct Line: Encodable {
        let event = "backtested"
        let backtest: BacktestReport
        let settings: [String: String]
    }

    private func order() throws -> BacktestOrder {
        var order = BacktestOrder()
        order.strategies = strategies
        order.pipeline = pipeline
        if let smaCross {
            guard let cross = BacktestOrder.Cross(smaCross), strategies.isEmpty else {
                throw ValidationError(
                    "'--sma-cross' is '\(smaCross)'; allowed two counts of bars as 10/30, or lists of them, and no strategy beside."
                )
            }
            order.cross = cross
        }
        order.settings = try set.map { text in
            let (name, value) = try pair(text, "--set")
            return (name, value)
        }
        order.sweeps = try sweep.map { text in
            let (name, values) = try pair(text, "--sweep")
            return BacktestOrder.Sweep(name, values.split(separator: ",").map(String.init))
        }
        order.first = try day(from, "--from", isEnd: false) ?? .min
        order.last = try day(to, "--to", isEnd: true) ?? .max
        order.progress = { done, count in
            if done == count || done % max(1, count / 20) == 0 { Output.progress("backtest: \(done) of \(count) runs") }
        }
        return order
    }

    private func pair(_ text: String, _ option: String) throws -> (String, String) {
        guard let sign = text.firstIndex(of: "="), sign != text.startIndex, text.last != "=" else {
            throw ValidationError("'\(option)' is '\(text)'; allowed KEY=VALUE.")
        }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    private func day(_ text: String?, _ option: String, isEnd: Bool) throws -> Int64? {
        guard let text else { return nil }
        guard let time = EventTimeText.day(text, isEnd: isEnd) else {
            throw ValidationError("'\(option)' is '\(text)'; allowed a day as 2024-01-31.")
        }
        return time
    }

    private func write(_ runs: [BacktestResult.Run]) throws {
        guard html != nil || fills != nil else { return }
        guard runs.count == 1, let run = runs.first else {
            throw HostError(
                exitCode: 2, "backtest: '--html' and '--fills' are of one run, and there were \(runs.count).")
        }
        do throws(AtomicFile.Failure) {
            if let html { try AtomicFile.write(BacktestPage(run.report).html, to: html) }
            if let fills { try AtomicFile.write(FillTable(run).csv, to: fills) }
        } catch {
            throw HostError(exitCode: 3, "backtest: \(error.description)")
        }
    }
}

extension [BacktestResult.Run] {
    /// The runs of each strategy, in order.
    fileprivate func grouped() -> [(String, [BacktestResult.Run])] {
        var groups: [(String, [BacktestResult.Run])] = []
        for run in self {
            if groups.last?.0 == run.report.strategy {
                groups[groups.count - 1].1.append(run)
            } else {
                groups.append((run.report.strategy, [run]))
            }
        }
        return groups
    }
}
