package import HostTrading
import Synchronization

/// What `penstock backtest` asks of a host.
package struct BacktestOrder: Sendable {
    /// Values of one key that are tried.
    package struct Sweep: Sendable {
        package let name: String
        package let values: [String]

        /// Creates a sweep.
        package init(_ name: String, _ values: [String]) {
            self.name = name
            self.values = values
        }
    }

    /// A cross of two moving averages, in place of a strategy of the manifest.
    package struct Cross: Sendable {
        package let fast: [Int]
        package let slow: [Int]

        /// Reads `10/30`, or `5,10/30,60` for all pairs; `nil` where the text is neither.
        package init?(_ text: String) {
            let sides = text.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 } }
            guard sides.count == 2, sides.joined().allSatisfy({ (1...100_000).contains($0) }) else { return nil }
            (fast, slow) = (sides[0], sides[1])
        }

        /// The formulas, fast ones first.
        var formulas: [String] {
            fast.flatMap { fast in slow.filter { $0 != fast }.map { "sma(\(fast)) - sma(\($0))" } }
        }
    }

    /// Ids of strategies; none for all of the manifest.
    package var strategies: [String] = []
    /// A cross of averages instead.
    package var cross: Cross?
    /// The pipeline of the cross, where there are several.
    package var pipeline: String?
    /// Keys that are set in place of what the manifest says, in order.
    package var settings: [(name: String, value: String)] = []
    package var sweeps: [Sweep] = []
    /// First and last event time that is traded; features know what came before.
    package var first = Int64.min
    package var last = Int64.max
    /// Told how many of how many runs are done.
    package var progress: @Sendable (Int, Int) -> Void = { _, _ in }
    /// Where what was found is put.
    package let result = BacktestResult()

    /// Creates an order for all strategies.
    package init() {}
}

/// What back-tests found, in the order they were asked for.
package final class BacktestResult: Sendable {
    /// One run.
    package struct Run: Sendable {
        package let report: BacktestReport
        package let fills: [Fill]
        /// Names of the instruments that fills are of, by place.
        package let members: [String]
        /// Keys of the sweep; empty of one that was not swept.
        package let settings: [String: String]
    }

    private let runs = Mutex<[Run]>([])

    /// All runs.
    package var all: [Run] { runs.withLock { $0 } }

    func add(_ run: Run) { runs.withLock { $0.append(run) } }
}
