/// When a model that serves is fitted again beside the stream, and on how much of the past.
package struct RetrainScheme: Sendable, Hashable {
    /// What calls for a fit: so many event times since the last one, or features and errors that went away from it.
    package struct Occasion: Sendable, Hashable, CustomStringConvertible {
        /// Event times that are allowed between two fits.
        package static let range = 1...1_000_000

        /// Event times whose outcome is known after the last fit; `nil` where their number calls for none.
        package let bars: Int?
        /// Whether drift calls for one.
        package let drift: Bool

        /// Creates an occasion.
        package init(bars: Int? = nil, drift: Bool = false) { (self.bars, self.drift) = (bars, drift) }

        /// Reads `20 bars`, `drift`, or both with `|` between them; `nil` for anything else.
        package init?(_ text: String) {
            var (bars, drift): (Int?, Bool) = (nil, false)
            let parts = text.split(separator: "|", omittingEmptySubsequences: false)
            for part in parts {
                let words = part.split(separator: " ")
                if words == ["drift"], !drift {
                    drift = true
                } else if words.count == 1 || (words.count == 2 && ["bar", "bars"].contains(words[1])),
                    let digits = words.first, !digits.hasPrefix("+"), let count = Int(digits),
                    Self.range.contains(count), bars == nil
                {
                    bars = count
                } else {
                    return nil
                }
            }
            self.init(bars: bars, drift: drift)
        }

        package var description: String {
            let parts = [bars.map { $0 == 1 ? "1 bar" : "\($0) bars" }, drift ? "drift" : nil]
            return parts.compactMap(\.self).joined(separator: " | ")
        }
    }

    /// What calls for a fit.
    package let every: Occasion
    /// How far back of the newest event a fit learns from; `nil` for everything.
    package let window: Duration?

    /// Creates a scheme.
    package init(every: Occasion, window: Duration? = nil) { (self.every, self.window) = (every, window) }

    /// The event time from which on a fit learns, where the newest is this one.
    package func start(newest: Int64) -> Int64 {
        guard let window else { return .min }
        let span = window.components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !span.overflow else { return .min }
        let start = newest.subtractingReportingOverflow(span.partialValue)
        return start.overflow ? .min : start.partialValue
    }
}
