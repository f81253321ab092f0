import FoundationEssentials
package import HostManifest

/// What a reload would do; what `penstock config diff` prints and the gateway answers.
package struct PlanReport: Sendable, Codable {
    /// One value that differs; secrets are shown as `<secret>`.
    package struct Value: Sendable, Codable {
        let key: String
        let before: String?
        let after: String?
    }

    /// One entry that differs.
    package struct Entry: Sendable, Codable {
        let name: String
        let action: String
        let values: [Value]
    }

    /// What would happen to a pipeline.
    package struct Pipeline: Sendable, Codable {
        let name: String
        let effect: String
        /// Why, where the effect does not follow from what differs.
        let reason: String?
    }

    /// Faults of the manifest, each with its place; then there is nothing else.
    package let faults: [ManifestFault]
    /// What differs.
    package let entries: [Entry]
    /// What that does to each pipeline.
    package let pipelines: [Pipeline]
    /// Settings of the host that wait for the next start.
    package let atNextStart: [String]
    /// Records that sinks have and would be given again, a sentence for each stream.
    package let again: [String]

    enum CodingKeys: String, CodingKey {
        case faults, entries, pipelines, again
        case atNextStart = "at_next_start"
    }

    /// Describes a plan.
    package init(_ plan: ReloadPlan, again: [String]) {
        faults = []
        self.again = again
        entries =
            plan.diff.entries.map { entry in
                Entry(
                    name: entry.name, action: entry.action.rawValue,
                    values: entry.values.map { Value(key: $0.key, before: $0.before, after: $0.after) })
            } + plan.renewed.map { Entry(name: $0, action: "renewed", values: []) }
        pipelines = plan.pipelines.map { id, effect in
            let reason = plan.replayed.contains(id) ? "its data has ended, so it reads it from the start" : nil
            return Pipeline(name: "pipeline/\(id)", effect: effect.rawValue, reason: reason)
        }
        atNextStart = plan.postponed
    }

    /// Describes a manifest that cannot run.
    package init(faults: [ManifestFault]) {
        self.faults = faults
        entries = []
        pipelines = []
        atNextStart = []
        again = []
    }

    /// The report as JSON.
    package var json: [UInt8] { SortedJSON.bytes(self) }

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> PlanReport? {
        try? JSONDecoder().decode(PlanReport.self, from: Data(json))
    }

    /// The report in lines.
    package var text: String {
        guard faults.isEmpty else { return faults.map(\.rendered).joined(separator: "\n") + "\n" }
        guard !entries.isEmpty else { return "Nothing differs from what ran last.\n" }
        var lines: [String] = []
        for entry in entries {
            lines.append("\(entry.name): \(entry.action)")
            for value in entry.values {
                lines.append("    \(value.key): \(value.before ?? "not set") -> \(value.after ?? "not set")")
            }
        }
        for pipeline in pipelines {
            lines.append("\(pipeline.name) would be: \(pipeline.effect)\(pipeline.reason.map { " (\($0))" } ?? "")")
        }
        lines += again
        if !atNextStart.isEmpty {
            lines.append("At the next start only: \(atNextStart.map { "host.\($0)" }.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
