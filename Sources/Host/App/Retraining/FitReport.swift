import FoundationEssentials

/// A fit that was asked for while a host runs, and what became of it.
package struct FitReport: Codable, Sendable, Hashable {
    /// How far a fit is.
    package enum State: String, Codable, Sendable {
        /// Others are fitted before.
        case waiting
        /// It is fitted now.
        case fitting
        /// There is a version of it.
        case done
        /// There is none; the message says why.
        case failed
    }

    /// The model, and the pipeline whose data it is fitted on.
    package let model, pipeline: String
    /// Who asked for it, and why.
    package let by, reason: String
    /// How far it is.
    package var state = State.waiting
    /// The version it is; absent before there is one.
    package var version: Int?
    /// The stage of that version.
    package var stage: String?
    /// What became of it, in words; empty before.
    package var message = ""

    /// Whether it has ended.
    package var hasEnded: Bool { state == .done || state == .failed }

    init(_ model: String, in pipeline: String, by: String, reason: String) {
        (self.model, self.pipeline, self.by, self.reason) = (model, pipeline, by, reason)
    }

    /// Reads what a host answered.
    package static func read(_ json: [UInt8]) -> FitReport? {
        try? JSONDecoder().decode(FitReport.self, from: Data(json))
    }
}
