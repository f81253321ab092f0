package import PluginKit

/// The names of an instrument at a source, each over a span of time; the last is the instrument's own.
package struct DatedNames: Sendable, Hashable {
    /// A name and the event times at which it is the instrument's.
    struct Part: Sendable, Hashable {
        /// `nil` where it has none then.
        let name: Instrument?
        let range: ClosedRange<Int64>
    }

    /// Oldest first; they cover all time.
    let parts: [Part]

    /// Creates them: earlier names with the first instant at which each is no longer valid, ascending, then its own.
    package init(_ own: Instrument, earlier: [(name: Instrument?, until: Int64)]) {
        var (parts, start) = ([Part](), Int64.min)
        for (name, until) in earlier {
            parts.append(Part(name: name, range: start...(until - 1)))
            start = until
        }
        self.parts = parts + [Part(name: own, range: start...(.max))]
    }

    /// What to ask for a range: the names that are valid in it, each with its part of it.
    func asked(_ range: ClosedRange<Int64>) -> [(name: Instrument, range: ClosedRange<Int64>)] {
        parts.compactMap { part in
            guard let name = part.name, part.range.overlaps(range) else { return nil }
            return (name, range.clamped(to: part.range))
        }
    }

    /// Whether the instrument has a name at an event time.
    func holds(_ name: Instrument, at time: Int64) -> Bool {
        parts.contains { $0.name == name && $0.range.contains(time) }
    }

    /// The names before its own, each once.
    var earlier: [Instrument] {
        var names: [Instrument] = []
        for case let name? in parts.dropLast().map(\.name) where name != parts.last?.name && !names.contains(name) {
            names.append(name)
        }
        return names
    }
}
