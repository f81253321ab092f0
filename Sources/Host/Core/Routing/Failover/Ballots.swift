import PluginKit

/// What several providers gave for one request, in order of preference, and what a route makes of it.
///
/// Bars are compared by their times, quotes as the newest that each provider knows.
struct Ballots<Event: VotedEvent> {
    /// An event and the provider instance it is from.
    struct Voice {
        var event: Event
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

    /// Of each provider the events, by instrument and time.
    private var given: [[Key: Voice]] = []
    /// Events of a provider that had one of that time already; the quality stage says what they are.
    private var repeated: [Voice] = []

    /// Adds the events of the next provider; `isFallback` where another one is preferred.
    mutating func add(_ voices: [Voice], isFallback: Bool) {
        var own: [Key: Voice] = [:]
        for var voice in voices {
            if isFallback { voice.event.flags.insert(.fallback) }
            let key = Key(instrument: voice.event.instrument, time: Event.isSnapshot ? 0 : voice.event.time)
            guard let before = own[key] else {
                own[key] = voice
                continue
            }
            if !Event.isSnapshot {
                repeated.append(voice)
            } else if voice.event.time >= before.event.time {
                own[key] = voice
            }
        }
        given.append(own)
    }

    /// Each event of the first provider that has it, with fields of those that are named for them.
    func merged(_ fields: [EventField: String]) -> Outcome {
        outcome { _, voices, _ in
            var voice = voices[0]
            for (field, source) in fields.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                guard let other = voices.first(where: { $0.source == source }), source != voices[0].source,
                    other.event[field].isFinite
                else { continue }
                voice.event[field] = other.event[field]
                if !voice.source.split(separator: "+").contains(Substring(source)) { voice.source += "+\(source)" }
            }
            return voice
        }
    }

    /// Of each event what most providers say, where they differ what the policy says.
    ///
    /// - Parameter isLed: whether only events are taken that the first provider has; the others bear witness.
    func settled(_ agreement: RouteAgreement, isLed: Bool = false) -> Outcome {
        var held: [InstrumentID: Int64] = [:]
        var outcome = outcome { key, voices, conflicts in
            guard !isLed || given[0][key] != nil else { return nil }
            // What still forms differs between sound sources.
            if voices.contains(where: { $0.event.flags.contains(.partial) }) { return voices[0] }
            let votes = voices.map { voice in voices.count { agreement.holds(voice.event, $0.event) } }
            guard votes[0] < voices.count else { return voices[0] }
            let taken = Self.taken(voices, votes, agreement.policy)
            if taken == nil { held[key.instrument] = min(held[key.instrument] ?? .max, key.time) }
            conflicts.append(Self.conflict(key, voices, taken?.source, agreement))
            return taken
        }
        guard !held.isEmpty else { return outcome }
        guard !Event.isSnapshot else { return outcome }
        // What comes after a bar that waits waits too: a stream never goes back.
        outcome.voices.removeAll { $0.event.time >= held[$0.event.instrument] ?? .max }
        outcome.conflicts.removeAll { $0.time > held[$0.instrument] ?? .max }
        return outcome
    }

    private func outcome(_ choice: (Key, [Voice], inout [RouteConflict]) -> Voice?) -> Outcome {
        var outcome = Outcome()
        for key in Set(given.flatMap(\.keys)).sorted(by: { ($0.time, $0.instrument) < ($1.time, $1.instrument) }) {
            if let voice = choice(key, given.compactMap { $0[key] }, &outcome.conflicts) {
                outcome.voices.append(voice)
            }
        }
        guard !repeated.isEmpty else { return outcome }
        outcome.voices = (outcome.voices + repeated).enumerated().sorted {
            ($0.element.event.time, $0.offset) < ($1.element.event.time, $1.offset)
        }.map(\.element)
        return outcome
    }

    /// The one that is taken where they differ; `nil` where none is.
    private static func taken(_ voices: [Voice], _ votes: [Int], _ policy: ConflictPolicy) -> Voice? {
        let most = votes.max() ?? 0
        let winner = votes.firstIndex(of: most) ?? 0
        let hasMajority = most * 2 > voices.count
        if hasMajority, policy != .priority { return voices[winner] }
        guard policy != .hold else { return nil }
        var voice = voices[0]
        if votes[0] * 2 <= voices.count { voice.event.flags.insert(.suspect) }
        return voice
    }

    private static func conflict(
        _ key: Key, _ voices: [Voice], _ taken: String?, _ agreement: RouteAgreement
    ) -> RouteConflict {
        func spread(_ field: EventField) -> Double {
            let values = voices.map { $0.event[field] }
            return values.map { agreement.distance($0, values[0]) }.max() ?? 0
        }
        let field = Event.compared.max { spread($0) < spread($1) } ?? Event.compared[0]
        return RouteConflict(
            instrument: key.instrument, time: voices[0].event.time, field: field,
            words: voices.map { .init(source: $0.source, value: $0.event[field]) }, taken: taken)
    }
}
