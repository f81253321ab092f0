extension ServiceLevel {
    /// How a service level stands, by the numbers of one moment.
    package struct Outcome: Sendable, Hashable, Codable {
        /// The service level.
        package let level: String
        /// What it is kept apart by, as `provider=yahoo`; empty where it is one.
        package let of: String
        /// The share that is to be good.
        package let objective: Double
        /// What was bad: seconds, requests, connections or instruments.
        package let bad: Double
        /// Everything.
        package let all: Double

        /// The share that was good; `nil` where nothing happened.
        package let good: Double?
        /// How many times faster than the objective allows the budget goes; `nil` where nothing happened.
        package let burnRate: Double?

        init(_ level: ServiceLevel, of: String, bad: Double, all: Double) {
            self.level = level.name
            self.of = of
            objective = level.objective
            self.bad = bad
            self.all = all
            good = all > 0 ? 1 - bad / all : nil
            burnRate = all > 0 ? bad / all / level.budget : nil
        }
    }

    /// Returns how it stands by the series of `/metrics`: since the start of the host, for gauges as of now.
    package func outcomes(in series: [MetricText.Series]) -> [Outcome] {
        func sums(_ selection: Selection) -> [String: Double] {
            series.filter(selection.takes).reduce(into: [:]) { sums, series in
                sums[by.map { "\($0)=\(series.labels[$0] ?? "")" }.joined(separator: ","), default: 0] += series.value
            }
        }
        let bad = sums(bad)
        return sums(all).sorted { $0.key < $1.key }.map { of, count in
            Outcome(self, of: of, bad: bad[of] ?? 0, all: count)
        }
    }
}
