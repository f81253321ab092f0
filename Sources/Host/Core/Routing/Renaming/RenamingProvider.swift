package import PluginKit
import Synchronization

/// A provider whose instruments had other names before: each range is asked under the name that was valid then, and the
/// answer is the instrument's under its own.
///
/// Where a source has nothing under an old name it is asked under the own one: many move their history. A stream that plays
/// the past again is given the old names too; a live one has only what is valid now. Events under a name at a time at which it was another
/// one's are left out, and that is told once.
package final class RenamingProvider: Provider {
    /// Stands in front of another plugin; never chosen by name.
    package static let descriptor = PluginDescriptor(
        kind: .provider, name: "renaming", summary: "A provider in front of which names are exchanged.",
        schema: ConfigurationSchema([]))

    private let inner: any Provider
    private let names: [Instrument: DatedNames]
    private let isReplay: Bool
    private let number: @Sendable (Instrument) -> InstrumentID
    private let tell: @Sendable (String) -> Void

    /// Stands before a provider.
    ///
    /// - Parameters:
    ///   - isReplay: whether its stream plays the past again.
    ///   - number: gives the number of a name.
    ///   - tell: says what a user should know.
    package init(
        _ inner: any Provider, names: [Instrument: DatedNames], isReplay: Bool,
        number: @escaping @Sendable (Instrument) -> InstrumentID, tell: @escaping @Sendable (String) -> Void
    ) {
        (self.inner, self.names, self.isReplay) = (inner, names, isReplay)
        (self.number, self.tell) = (number, tell)
    }

    /// Throws: it is made around another one.
    package init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/renaming: is no plugin of a manifest.")
    }

    /// Probes the one behind.
    package func probe() async throws(PluginError) { try await inner.probe() }

    /// Stops the one behind.
    package func stop() async { await inner.stop() }

    /// Tells the one behind.
    package func acknowledge(_ position: StreamPosition) async { await inner.acknowledge(position) }

    /// The days that the one behind gives.
    package func tradingDays(of venue: String, _ days: ClosedRange<Int>) async throws(PluginError) -> [Int] {
        try await inner.tradingDays(of: venue, days)
    }

    /// What the one behind lists, an old name as the instrument that had it.
    package func instruments() async throws(PluginError) -> [Instrument] {
        let owners = Dictionary(names.flatMap { own, names in names.earlier.map { ($0, own) } }) { first, _ in first }
        return Set(try await inner.instruments().map { owners[$0] ?? $0 }).sorted()
    }

    /// Asks each part of the range under the name that was valid then.
    package func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let isSnapshot = request.kind == .quote || request.kind == .orderBook
        let renamed = isSnapshot ? [] : request.instruments.filter { names[$0.instrument] != nil }
        guard !renamed.isEmpty else { return try await inner.fetch(request) }
        let others = request.instruments.filter { names[$0.instrument] == nil }
        var (replies, fault): ([Reply], PluginError?) = ([], nil)
        if !others.isEmpty {
            do { replies.append(try await inner.fetch(request.about(others))) } catch {
                guard error.isEmptiness else { throw error }
                fault = error
            }
        }
        for reference in renamed {
            do { replies += try await fetch(reference, request) } catch {
                guard error.isEmptiness else { throw error }
                fault = fault ?? error
            }
        }
        if replies.isEmpty, let fault { throw fault }
        let batch = EventBatch.empty(request.kind).edited(by: Joining(batches: replies.map(\.batch)))
        return Reply(batch, defects: replies.flatMap(\.defects))
    }

    /// The parts of one instrument; throws where none has anything.
    private func fetch(
        _ reference: InstrumentReference, _ request: FetchRequest
    ) async throws(PluginError) -> [Reply] {
        var (replies, fault): ([Reply], PluginError?) = ([], nil)
        for (name, range) in names[reference.instrument]?.asked(request.range) ?? [] {
            // The host's number stays, so the answer is the instrument's.
            for asked in name == reference.instrument ? [name] : [name, reference.instrument] {
                let own = InstrumentReference(id: reference.id, instrument: asked)
                do {
                    replies.append(try await inner.fetch(request.about([own], in: range)))
                    break
                } catch {
                    guard error.isEmptiness else { throw error }
                    fault = fault ?? error
                }
            }
        }
        if replies.isEmpty, let fault { throw fault }
        return replies
    }

    /// Streams under all names that a replay may have, else under those that are valid now.
    package func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        var owners: [InstrumentID: RenamedEvents.Owner] = [:]
        var asked = subscription.instruments
        for reference in subscription.instruments {
            guard let names = names[reference.instrument] else { continue }
            owners[reference.id] = .init(id: reference.id, name: reference.instrument, names: names)
            for name in isReplay ? names.earlier : [] where !asked.contains(where: { $0.instrument == name }) {
                let id = number(name)
                asked.append(InstrumentReference(id: id, instrument: name))
                owners[id] = .init(id: reference.id, name: name, names: names)
            }
        }
        guard !owners.isEmpty else { return try await inner.stream(subscription, into: receiver) }
        let own = Subscription(
            instruments: asked, kind: subscription.kind, timeframe: subscription.timeframe,
            resumeAfter: subscription.resumeAfter, waitsForMore: subscription.waitsForMore)
        try await inner.stream(own, into: RenamingReceiver(receiver, owners, tell: tell))
    }
}

/// Exchanges the names of what a stream pushes.
private final class RenamingReceiver: EventReceiver {
    private let receiver: any EventReceiver
    private let owners: [InstrumentID: RenamedEvents.Owner]
    private let tell: @Sendable (String) -> Void
    private let events: Mutex<(events: RenamedEvents, told: Set<InstrumentID>)>

    init(
        _ receiver: any EventReceiver, _ owners: [InstrumentID: RenamedEvents.Owner],
        tell: @escaping @Sendable (String) -> Void
    ) {
        (self.receiver, self.owners, self.tell) = (receiver, owners, tell)
        events = Mutex((RenamedEvents(owners), []))
    }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let (batch, foreign) = events.withLock { state in
            let batch = state.events.own(delivery.batch)
            let new = Set(state.events.foreign.keys).subtracting(state.told)
            state.told.formUnion(new)
            return (batch, new)
        }
        for id in foreign.sorted() {
            guard let owner = owners[id] else { continue }
            tell(
                "events of \(owner.name) at times at which 'renames' says that it was another one's are left out; the name was "
                    + "used before, or again.")
        }
        var defects: [Defect] = []
        for defect in delivery.defects {
            // A source that has one of the names lacks the others.
            let isAbsence = defect.reason == "no_file" || defect.reason == "no_rows"
            guard let id = defect.instrument, let owner = owners[id] else {
                defects.append(defect)
                continue
            }
            if isAbsence {
                tell(defect.message)
            } else {
                defects.append(
                    Defect(
                        instrument: owner.id, place: defect.place, reason: defect.reason, message: defect.message,
                        raw: defect.raw))
            }
        }
        try await receiver.receive(Delivery(batch: batch, position: delivery.position, defects: defects))
    }

    func caughtUp() async { await receiver.caughtUp() }
}

extension FetchRequest {
    /// The same request about other instruments in another range.
    fileprivate func about(_ instruments: [InstrumentReference], in range: ClosedRange<Int64>) -> FetchRequest {
        FetchRequest(kind, of: instruments, timeframe: timeframe, range: range)
    }
}

extension PluginError {
    /// Whether it says that there is nothing, rather than that something went wrong.
    fileprivate var isEmptiness: Bool { code == .notFound || code == .noData }
}
