package import PluginKit

/// A route's answer: who gave it, and what the others said.
package struct RouteReply: Sendable {
    /// What became of asking one provider.
    package struct Attempt: Sendable {
        /// The provider instance.
        package let provider: String
        /// Why it was not taken; `nil` for one that answered.
        package let fault: PluginError?
        /// How long it took.
        package let span: Duration
    }

    /// What one source gave of an answer.
    package struct Share: Sendable {
        /// The provider instance; `a+b` where fields of `b` stand in an event of `a`.
        package let source: String
        /// Its events, and what could not be read.
        package var reply: Reply
    }

    /// The events, and what could not be read.
    package var reply: Reply
    /// The provider instance that gave them; of several the one that gave the first.
    package var source: String
    /// Where each event is from; empty where all are from `source`.
    package var sources: [String] = []
    /// Everyone who was asked, in the order they ended.
    package var attempts: [Attempt]
    /// Events about which providers disagree, in order of event time.
    package var conflicts: [RouteConflict] = []

    /// An answer as a whole.
    init(reply: Reply, source: String, attempts: [Attempt]) {
        (self.reply, self.source, self.attempts) = (reply, source, attempts)
    }

    /// An answer that was put together.
    init<Event>(_ outcome: Ballots<Event>.Outcome, defects: [Defect], fallback: String, attempts: [Attempt]) {
        reply = Reply(events: outcome.voices.map(\.event), defects: defects)
        sources = outcome.voices.map(\.source)
        source = sources.first ?? fallback
        self.attempts = attempts
        conflicts = outcome.conflicts
    }

    /// How many events each source gave, in order of appearance.
    package var counts: [(source: String, events: Int)] {
        guard !sources.isEmpty else { return [(source, reply.batch.count)] }
        var counts: [(source: String, events: Int)] = []
        for source in sources {
            if let place = counts.firstIndex(where: { $0.source == source }) {
                counts[place].events += 1
            } else {
                counts.append((source, 1))
            }
        }
        return counts
    }

    /// The answer as few shares of one source each, such that the events of each instrument keep their order.
    package var shares: [Share] {
        guard !sources.isEmpty else { return [Share(source: source, reply: reply)] }
        var shares: [(source: String, places: [Int])] = []
        var latest: [String: Int] = [:]
        var reached: [InstrumentID: Int] = [:]
        reply.batch.forEach { index, _, instrument in
            let source = sources[index]
            var place = latest[source] ?? -1
            if place < reached[instrument] ?? 0 {
                place = shares.count
                shares.append((source, []))
                latest[source] = place
            }
            shares[place].places.append(index)
            reached[instrument] = place
        }
        return shares.enumerated().map { place, share in
            Share(
                source: share.source,
                reply: Reply(reply.batch.picking(share.places), defects: place == 0 ? reply.defects : []))
        }
    }

    /// The bars, each with where it is from; `nil` of another kind.
    var voices: [Ballots<Bar>.Voice]? {
        guard case .bars(let bars) = reply.batch else { return nil }
        return bars.enumerated().map { .init(event: $1, source: sources.isEmpty ? source : sources[$0]) }
    }
}
