import CivilTime
import FoundationEssentials
import HostCore
import HostTraining

/// How versions share the rows of a model, and how they compare so far.
package struct SplitReport: Sendable, Codable {
    /// A version.
    package struct Arm: Sendable, Codable {
        /// Its number, its share, and what it served.
        package let version: Int
        package let share: Double
        package let rows, units: Int
        /// Mean loss; absent before the first outcome.
        package let loss: Double?
        /// Less the champion's, with the interval that holds 95 of 100; absent of the champion and of too few units.
        package let difference, low, high: Double?
        /// `better`, `worse`, `open` or `too_few`; absent of the champion.
        package let verdict: String?

        init(_ arm: SplitComparison.Arm) {
            (version, share, rows, units, loss) = (arm.version, arm.share, arm.rows, arm.units, arm.loss)
            (difference, low, high) = (arm.difference?.value, arm.difference?.low, arm.difference?.high)
            verdict = arm.verdict?.rawValue
        }
    }

    /// The model and its pipeline.
    package let model, pipeline: String
    /// `instrument`, or `slot`.
    package let by: String
    /// Seconds of a slot; absent where instruments are drawn.
    package let slotSeconds: Int64?
    /// The loss that is compared.
    package let metric: String
    /// Event time of the last prediction before it, UTC; absent where there was none.
    package let after: String?
    /// The champion first; empty where it serves all rows.
    package let versions: [Arm]

    enum CodingKeys: String, CodingKey {
        case model, pipeline, by, metric, after, versions
        case slotSeconds = "slot_seconds"
    }

    init(_ key: VersionKey, _ split: ModelSplit?, metric: String, after: Int64?, _ arms: [SplitComparison.Arm]) {
        (model, pipeline, self.metric) = (key.model, key.pipeline, metric)
        by = split.map { $0.slot > 0 } == true ? "slot" : "instrument"
        slotSeconds = split.flatMap { $0.slot > 0 ? $0.slot / 1_000_000_000 : nil }
        self.after = after.map { ISO8601.format($0) }
        versions = arms.map { Arm($0) }
    }

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> SplitReport? {
        try? JSONDecoder().decode(SplitReport.self, from: Data(json))
    }

    /// The report as text, ending in a newline.
    package var text: String {
        guard !versions.isEmpty else {
            return "model/\(model) in pipeline/\(pipeline): the champion serves all rows.\n"
        }
        let rows = versions.map { arm in
            [
                "\(arm.version)", ResultTable.fixed(arm.share, 3), "\(arm.rows)", "\(arm.units)", Self.number(arm.loss),
                Self.number(arm.difference), arm.low.map { "\(Self.number($0)) ... \(Self.number(arm.high))" } ?? "-",
                arm.verdict ?? "champion",
            ]
        }
        let unit = by == "slot" ? "SLOTS" : "INSTRUMENTS"
        let header = [
            "VERSION", "SHARE", "ROWS", unit, metric.uppercased(), "LESS THE CHAMPION'S", "95 OF 100", "VERDICT",
        ]
        return "model/\(model) in pipeline/\(pipeline): shared by \(by)\(after.map { ", after \($0)" } ?? "").\n"
            + TextTable(header: header, rows: rows, isRight: [true, true, true, true, true, true]).text
    }

    /// Four digits that count.
    private static func number(_ value: Double?) -> String {
        guard let value, value.isFinite, value != 0 else { return value == nil ? "-" : "\(value ?? 0)" }
        var scale = 1.0
        while value.magnitude * scale < 1_000, scale < 1e18 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }
}
