import CivilTime
import FoundationEssentials
import HostCore

/// Versions of models as the API and the command line show them.
package struct VersionReport: Sendable, Codable {
    /// A version.
    package struct Row: Sendable, Codable {
        /// The model, the pipeline it was fitted for, and its number there.
        package let model, pipeline: String
        package let version: Int
        /// `candidate`, `shadow`, `champion` or `retired`.
        package let stage: String
        /// The version that served when it was fitted.
        package let parent: Int?
        /// When it was fitted, UTC, and who had it fitted.
        package let madeAt, madeBy: String
        /// The plugin with its version.
        package let code: String
        /// Digests of plugin, options, features, target and validation, and of the data.
        package let configurationDigest, dataDigest: String
        /// What the leakage gate said; absent where it was not asked.
        package let leakage: String?
        /// Bytes of its artifact; 0 where only its card is kept.
        package let bytes: Int
        /// What its out-of-sample tests reached; absent where a figure is undefined.
        package let rows: Int
        package let rankIC, ic, r2, directionalAccuracy: Double?

        enum CodingKeys: String, CodingKey {
            case model, pipeline, version, stage, parent, code, leakage, bytes, rows, ic, r2
            case madeAt = "made_at"
            case madeBy = "made_by"
            case configurationDigest = "configuration_digest"
            case dataDigest = "data_digest"
            case rankIC = "rank_ic"
            case directionalAccuracy = "directional_accuracy"
        }

        init(_ version: ModelVersion) {
            (model, pipeline, self.version) = (version.key.model, version.key.pipeline, version.key.number)
            (stage, parent, leakage, bytes) = (version.stage.rawValue, version.parent, version.verdict, version.bytes)
            (madeAt, madeBy, code) = (ISO8601.format(version.madeAt), version.madeBy, version.code)
            (configurationDigest, dataDigest) = (version.configurationDigest, version.dataDigest)
            let figures = version.figures
            rows = figures.rows
            (rankIC, ic) = (figures.rankIC.finite, figures.ic.finite)
            (r2, directionalAccuracy) = (figures.r2.finite, figures.direction.finite)
        }
    }

    /// A change of a version's stage.
    package struct Change: Sendable, Codable {
        /// The version.
        package let version: Int
        /// Its stage before, absent where it was new, and after.
        package let from: String?
        package let to: String
        /// When, UTC.
        package let at: String
        /// Who, and why.
        package let by, reason: String
        /// Event time of the last stored prediction before it, UTC; absent where there was none.
        package let after: String?

        init(_ change: StageChange) {
            (version, from, to) = (change.key.number, change.from?.rawValue, change.to.rawValue)
            (at, by, reason) = (ISO8601.format(change.at), change.by, change.reason)
            after = change.after.map { ISO8601.format($0) }
        }
    }

    /// How many versions there are here.
    package let count: Int
    /// Versions by pipeline and model, the newest first.
    package let versions: [Row]
    /// Which version was used for what, the newest change first; only of one model.
    package var history: [Change]?

    init(_ versions: [ModelVersion], history: [StageChange]? = nil) {
        (count, self.versions) = (versions.count, versions.map { Row($0) })
        self.history = history.map { $0.map { Change($0) } }
    }

    /// The same with some of the versions.
    package func keeping(_ isKept: (Row) -> Bool) -> VersionReport {
        let kept = versions.filter(isKept)
        return VersionReport(count: kept.count, versions: kept, history: history)
    }

    private init(count: Int, versions: [Row], history: [Change]?) {
        (self.count, self.versions, self.history) = (count, versions, history)
    }

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> VersionReport? {
        try? JSONDecoder().decode(VersionReport.self, from: Data(json))
    }
}

extension Double {
    fileprivate var finite: Double? { isFinite ? self : nil }
}
