import FoundationEssentials

/// How far the last rows of a model lie from what its fit learned from, as a running host tells it.
package struct DriftReport: Codable, Sendable {
    /// A feature.
    package struct Feature: Codable, Sendable {
        /// Where it is, and its name.
        package let pipeline, feature: String
        /// Population stability index and Kolmogorov-Smirnov distance; `nil` while there are too few rows.
        package let psi, ks: Double?
        /// The ends of its steps, and the share of rows in each: of what was learned from, and of the last rows.
        package let ends, learned, live: [Double]

        /// What the index is usually called.
        var verdict: String {
            guard let psi else { return "too few rows" }
            return psi > 0.25 ? "changed" : psi > 0.1 ? "moved" : "same"
        }
    }

    /// The model.
    package let model: String
    /// The last rows, and how many are needed to say something.
    package let rows, needed: Int
    /// Mean error of the tests, and of the last outcomes; `nil` where there is none.
    package let usualError, recentError: Double?
    /// How near the next alarm of Page and Hinkley's sum is, 0...1, and alarms since the start.
    package let errorDrift: Double
    package let errorAlarms: Int
    /// Features, the one that went farthest first.
    package let features: [Feature]

    enum CodingKeys: String, CodingKey {
        case model, rows, needed, features
        case usualError = "usual_error"
        case recentError = "recent_error"
        case errorDrift = "error_drift"
        case errorAlarms = "error_alarms"
    }

    /// Reads what a host answered.
    package static func read(_ json: [UInt8]) -> DriftReport? {
        try? JSONDecoder().decode(DriftReport.self, from: Data(json))
    }

    /// The report as text, ending in a newline.
    package var text: String {
        let header = ["FEATURE", "PSI", "KS", "VERDICT"]
        let body = rows == 0 ? "" : TextTable(header: header, rows: table, isRight: [false, true, true]).text
        return "model/\(model): \(headline)\n" + body
    }

    /// The report as a page.
    package var html: String {
        let bars = features.map { feature in
            "<tr><td>\(ReportPage.escaped(feature.feature))</td><td>\(ResultTable.fixed(feature.psi, 3))</td>"
                + "<td>\(ResultTable.fixed(feature.ks, 3))</td><td>\(feature.verdict)</td>"
                + "<td>\(Self.bars(feature.learned, "l"))</td><td>\(Self.bars(feature.live, ""))</td></tr>"
        }
        return ReportPage.html(
            title: "model/\(model): drift",
            """
            <p>\(ReportPage.escaped(headline))</p>
            <h2>Features: what was learned from (grey) and the last rows (blue), by tenths of the first</h2>
            <table><tr><th>feature</th><th>PSI</th><th>KS</th><th>verdict</th><th>learned from</th><th>last rows</th></tr>\(bars.joined())</table>
            <p>PSI above 0.25 is usually called a change, above 0.1 a move. KS is the largest distance of the two distributions, 0...1.</p>
            """)
    }

    private var headline: String {
        let error =
            "mean error \(Self.short(recentError)) of the last outcomes, \(Self.short(usualError)) in the tests; "
            + "\(errorAlarms) alarm\(errorAlarms == 1 ? "" : "s") of growing errors since the start, the next \(ResultTable.fixed(errorDrift * 100, 0)) % there"
        guard rows > 0 else { return "no live row was predicted yet; \(error)." }
        let few = rows < needed ? ", too few: \(needed) are needed" : ""
        return "\(rows) last rows beside what the fit learned from\(few); \(error)."
    }

    private var table: [[String]] {
        features.map {
            [$0.feature, ResultTable.fixed($0.psi, 3), ResultTable.fixed($0.ks, 3), $0.verdict]
        }
    }

    private static func bars(_ shares: [Double], _ kind: String) -> String {
        let most = max(shares.max() ?? 0, 1e-9)
        return "<div class=\"bars\">"
            + shares.map { "<i class=\"\(kind)\" style=\"height:\(ResultTable.fixed($0 / most * 100, 0))%\"></i>" }
            .joined()
            + "</div>"
    }

    private static func short(_ value: Double?) -> String { ResultTable.fixed(value, 5) }
}
