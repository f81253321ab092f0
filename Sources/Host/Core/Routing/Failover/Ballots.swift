import PluginKit

/// Bars that several providers gave for one request, in order of preference, and what a route makes of them.
struct Ballots {
    /// A bar and the provider instance it is from.
    struct Voice {
        var bar: Bar
        var source: String
    }

    /// What came of it.
    struct Outcome {
        /// In order of event time.
        var voices: [Voice] = []
        /// In order of event time.
        var conflicts: [RouteConflict] = []
    }

    private struct Key: Hashable {
        let instrument: InstrumentID
        let time: Int64
    }

    /// Of each provider the bars, by instrument and time.
    private var bars: [[Key: Voice]] = []
    /// Bars of a provider that had one of that time already; the quality stage says what they are.
    private var repeated: [Voice] = []

    /// Adds the bars of the next provider; `isFallback` where another one is preferred.
    mutating func add(_ voices: [Voice], isFallback: Bool) {
        var own: [Key: Voice] = [:]
        for var voice in voices {
            if isFallback { voice.bar.flags.insert(.fallback) }
            let key = Key(instrument: voice.bar.instrument, time: voice.bar.time)
            if own[key] == nil { own[key] = voice } else { repeated.append(voice) }
        }
        bars.append(own)
    }

    /// Each bar of the first provider that has it, with fields of those that are named for them.
    func merged(_ fields: [BarField: String]) -> Outcome {
        outcome { _, voices, _ in
            var voice = voices[0]
            for (field, source) in fields.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                guard let other = voices.first(where: { $0.source == source }), source != voices[0].source,
                    field.value(of: other.bar).isFinite
                else { continue }
                field.set(field.value(of: other.bar), in: &voice.bar)
                if !voice.source.split(separator: "+").contains(Substring(source)) { voice.source += "+\(source)" }
            }
            return voice
        }
    }

    /// Of each bar what most providers say, where they differ what the policy says.
    ///
    /// - Parameter isLed: whether only bars are taken that the first provider has; the others bear witness.
    func settled(_ agreement: RouteAgreement, isLed: Bool = false) -> Outcome {
        var held: [InstrumentID: Int64] = [:]
        var outcome = outcome { key, voices, conflicts in
            guard !isLed || bars[0][key] != nil else { return nil }
            // What still forms differs between sound sources.
            if voices.contains(where: { $0.bar.flags.contains(.partial) }) { return voices[0] }
            let votes = voices.map { voice in voices.count { agreement.holds(voice.bar, $0.bar) } }
            guard votes[0] < voices.count else { return voices[0] }
            let taken = Self.taken(voices, votes, agreement.policy)
            if taken == nil { held[key.instrument] = min(held[key.instrument] ?? .max, key.time) }
            conflicts.append(Self.conflict(key, voices, taken?.source, agreement))
            return taken
        }
        guard !held.isEmpty else { return outcome }
        // What comes after a bar that waits waits too: a stream never goes back.
        outcome.voices.removeAll { $0.bar.time >= held[$0.bar.instrument] ?? .max }
        outcome.conflicts.removeAll { $0.time > held[$0.instrument] ?? .max }
        return outcome
    }

    private func outcome(_ choice: (Key, [Voice], inout [RouteConflict]) -> Voice?) -> Outcome {
        var outcome = Outcome()
        for key in Set(bars.flatMap(\.keys)).sorted(by: { ($0.time, $0.instrument) < ($1.time, $1.instrument) }) {
            if let voice = choice(key, bars.compactMap { $0[key] }, &outcome.conflicts) { outcome.voices.append(voice) }
        }
        guard !repeated.isEmpty else { return outcome }
        outcome.voices = (outcome.voices + repeated).enumerated().sorted {
            ($0.element.bar.time, $0.offset) < ($1.element.bar.time, $1.offset)
        }.map(\.element)
        return outcome
    }

    /// The bar that is taken where they differ; `nil` where none is.
    private static func taken(_ voices: [Voice], _ votes: [Int], _ policy: ConflictPolicy) -> Voice? {
        let most = votes.max() ?? 0
        let winner = votes.firstIndex(of: most) ?? 0
        let hasMajority = most * 2 > voices.count
        if hasMajority, policy != .priority { return voices[winner] }
        guard policy != .hold else { return nil }
        var voice = voices[0]
        if votes[0] * 2 <= voices.count { voice.bar.flags.insert(.suspect) }
        return voice
    }

    private static func conflict(
        _ key: Key, _ voices: [Voice], _ taken: String?, _ agreement: RouteAgreement
    ) -> RouteConflict {
        func spread(_ field: BarField) -> Double {
            let values = voices.map { field.value(of: $0.bar) }
            return agreement.distance(values.min() ?? 0, values.max() ?? 0)
        }
        let field = BarField.prices.max { spread($0) < spread($1) } ?? .close
        return RouteConflict(
            instrument: key.instrument, time: key.time, field: field,
            words: voices.map { .init(source: $0.source, value: field.value(of: $0.bar)) }, taken: taken)
    }
}
