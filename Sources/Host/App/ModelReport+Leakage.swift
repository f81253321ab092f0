package import HostTraining

extension ModelReport {
    /// Returns what the leakage gate found of a model, a line a check, ending in a newline.
    package static func text(_ card: ModelCard, in pipeline: String) -> String {
        guard let verdict = card.leakage else { return "model/\(card.model) in \(pipeline): not checked.\n" }
        let seconds =
            "\(ResultTable.fixed(verdict.seconds, 2)) s of the \(ResultTable.fixed(card.fitSeconds, 2)) s of its fit"
        let rows = verdict.checks.map { check in
            ["", check.outcome.rawValue, check.check.summary, numbers(check)]
        }
        let header = ["", "VERDICT", "CHECK", "FOUND"]
        let told = verdict.checks.filter { $0.outcome == .fail }.map { "  \($0.check.rawValue): \($0.message)\n" }
        return "model/\(card.model) in \(pipeline): \(leakage(verdict)). The gate took \(seconds).\n"
            + TextTable(header: header, rows: rows).text + told.joined()
    }

    /// `pass`, `fail (target_in_features)`, or `-` where nothing was checked.
    package static func leakage(_ verdict: LeakageVerdict?) -> String {
        guard let verdict else { return "-" }
        return verdict.failed.isEmpty ? "pass" : "fail (\(verdict.failed.joined(separator: ", ")))"
    }

    static func numbers(_ check: LeakageVerdict.Check) -> String {
        if check.outcome == .skipped { return check.message }
        return check.numbers.sorted { $0.key < $1.key }.map { name, value in
            let isCount = value == value.rounded() && abs(value) < 1e9
            return "\(name) \(isCount ? "\(Int(value))" : ResultTable.fixed(value, 4))"
        }.joined(separator: ", ")
    }
}
