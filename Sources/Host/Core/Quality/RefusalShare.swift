package import PluginKit

/// How many of an instrument's rows were accepted and how many refused; says when the refused ones are no exception any more.
package struct RefusalShare: Sendable, Hashable {
    /// What kind of refusal it was.
    enum Refusal {
        /// The row could not be read.
        case unreadable
        /// The row could not be true.
        case untrue
        /// The row was there already: nothing is lost.
        case known
    }

    /// Refusals in a row that make an instrument stand out, however good it was before.
    private static let run = 20

    /// Accepted bars.
    package private(set) var accepted = 0
    /// Refused rows that are lost; a bar that was there already is none.
    package private(set) var refused = 0
    private var inARow = 0

    /// Creates a share of nothing.
    package init() {}

    /// Whether most rows were refused, or all of the last ones.
    package var isMost: Bool { refused > accepted || inARow >= Self.run }

    /// What is told of instruments of which most rows are refused; the same until others join them.
    package static func message(_ pipeline: String, _ instruments: [Instrument]) -> String {
        let names = instruments.prefix(5).map(\.description).joined(separator: ", ")
        let others = instruments.count > 5 ? " and \(instruments.count - 5) others" : ""
        return
            "pipeline/\(pipeline): most rows of \(names)\(others) were refused, or all of the newest. "
            + "`penstock quarantine list` says why; correct the data, or how the provider is told to read it."
    }

    /// Whether the last row was refused.
    var endsRefused: Bool { inARow > 0 }

    /// Notes that the last row of an earlier run was refused.
    mutating func resumeRefused() { inARow = 1 }

    mutating func accept() {
        accepted += 1
        inARow = 0
    }

    mutating func refuse(_ refusal: Refusal) {
        guard refusal != .known else { return }
        refused += 1
        inARow += 1
    }
}
