package import HostManifest

/// What a reload did, instance by instance; what `penstock reload` prints and the gateway answers.
package struct ReloadReport: Sendable, Codable {
    /// How a reload ended.
    package enum Outcome: String, Sendable, Codable {
        /// The new manifest runs.
        case applied
        /// Nothing differs.
        case unchanged
        /// The new manifest has faults; the old one runs on.
        case refused
        /// Something of the new manifest could not be had; the old one runs on.
        case failed
        /// Another reload is under way.
        case busy
    }

    /// What became of one part.
    package struct Part: Sendable, Codable {
        /// `indicator/rsi14`, `pipeline/main`.
        package var name: String
        /// `added`, `changed`, `removed`, `renewed` for instances; `swapped`, `restarted`, `started`, `stopped` for pipelines.
        package var action: String
        /// Milliseconds: building and probing an instance, preparing and swapping a pipeline.
        package var milliseconds: Double
        /// Milliseconds a pipeline's partitions stood still; `nil` for instances.
        package var pauseMilliseconds: Double?
        /// What the user should know.
        package var warnings: [String] = []

        enum CodingKeys: String, CodingKey {
            case name, action, milliseconds, warnings
            case pauseMilliseconds = "pause_milliseconds"
        }
    }

    /// How it ended.
    package var outcome: Outcome
    /// Counts the manifests this host has run, from 1.
    package var revision: Int
    /// Why it did not end well; empty else.
    package var message: String = ""
    /// Faults of the manifest, each with its place.
    package var faults: [ManifestFault] = []
    /// What became of each part that differs.
    package var parts: [Part] = []
    /// Warnings that belong to no part.
    package var warnings: [String] = []
    /// Milliseconds it took.
    package var milliseconds: Double = 0

    /// Whether the new manifest runs now.
    package var isGood: Bool { outcome == .applied || outcome == .unchanged }

    /// The report in lines.
    package var text: String {
        var lines = ["reload: \(outcome.rawValue), revision \(revision)\(Self.span(milliseconds))"]
        if !message.isEmpty { lines.append("  \(message)") }
        lines += faults.map(\.rendered)
        for part in parts {
            let pause = part.pauseMilliseconds.map { ", paused \(Self.number($0)) ms" } ?? ""
            lines.append("  \(part.name): \(part.action)\(Self.span(part.milliseconds))\(pause)")
            lines += part.warnings.map { "    warning: \($0)" }
        }
        lines += warnings.map { "  warning: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func span(_ milliseconds: Double) -> String {
        milliseconds > 0 ? " in \(number(milliseconds)) ms" : ""
    }

    private static func number(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

extension Duration {
    /// The span in milliseconds.
    var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15
    }
}
