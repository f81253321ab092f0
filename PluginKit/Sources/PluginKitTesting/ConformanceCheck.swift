/// One claim of a contract, and how it is put to the test.
struct ConformanceCheck {
    /// `lowerCamelCase`, unique in a suite: `resume`, `emptyBatch`.
    let name: String
    let area: ConformanceReport.Area
    let body: (ConformanceNotes) async throws -> Void

    init(_ name: String, _ area: ConformanceReport.Area, _ body: @escaping (ConformanceNotes) async throws -> Void) {
        self.name = name
        self.area = area
        self.body = body
    }
}

/// Why a check says nothing about a plugin; checks throw it.
struct NotChecked: Error {
    let outcome: ConformanceReport.Outcome

    /// The plugin does not do what the check is about; nothing is missing.
    static func notApplicable(_ reason: String) -> NotChecked { NotChecked(outcome: .notApplicable(reason)) }

    /// The sample does not give what the check needs.
    static func skipped(_ reason: String) -> NotChecked { NotChecked(outcome: .skipped(reason)) }
}

/// What a check writes down while it runs.
final class ConformanceNotes {
    private(set) var messages: [String] = []
    private(set) var figures: [ConformanceReport.Figure] = []

    /// Notes what is wrong, with the values and the place.
    func report(_ message: String) { messages.append(message) }

    /// Notes what is wrong unless the claim holds.
    func expect(_ claim: Bool, _ message: @autoclosure () -> String) {
        if !claim { messages.append(message()) }
    }

    /// Notes a measured number.
    func measured(_ name: String, _ value: Double, _ unit: String) {
        figures.append(ConformanceReport.Figure(name: name, value: value, unit: unit))
    }
}
