import PluginKit
import PluginKitTesting

/// What is wrong with a provider.
enum ProviderFlaw: String, CaseIterable {
    case none, swapsEvents, doublesAnEvent, givesNaN, mistakesTheZone, ignoresTheRange, answersWhatItDoesNotDeclare
    case hidesBadBytes, answersWhileAway, callsUnknownTransient, resumesOneBack, takesAnyPosition
    case pushesOtherEvents, pushesAfterCancellation, swallowsRefusal, neverEnds, pushesBackwards
}

/// A provider over events of one kind in memory; with one flaw, or with none.
struct MutantProvider<Event: TestedEvent>: Provider {
    static var descriptor: PluginDescriptor {
        PluginDescriptor(
            kind: .provider, name: "mutant", summary: "Gives events from memory.",
            schema: ConfigurationSchema([
                .choice("source", ["good", "damaged", "away"], default: "good", "Which bytes are read.")
            ]),
            provider: ProviderCapabilities(
                fetches: [Event.kind], streams: [Event.kind], isReplay: true, needsNetwork: false))
    }
    let flaw: ProviderFlaw
    let source: String
    let given: [Event]

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, .none, [])
    }

    init(_ configuration: Configuration, _ flaw: ProviderFlaw, _ events: [Event]) throws(PluginError) {
        self.flaw = flaw
        source = try configuration.text("source")
        given = events
    }

    static func type(_ flaw: ProviderFlaw, _ events: [Event]) -> PluginType {
        PluginType(
            descriptor: descriptor, tier: .static, typeName: "MutantProvider",
            maker: .provider { (configuration, _) throws(PluginError) in
                try MutantProvider(configuration, flaw, events)
            }, validate: { _ in [] })
    }

    /// The event a flaw strikes: of quotes and order books only the last is asked for.
    private var struck: Int { Event.isSnapshot ? given.count - 1 : 50 }

    private var all: [Event] {
        var events = given
        if flaw == .doublesAnEvent { events.insert(events[struck], at: struck) }
        if flaw == .givesNaN { events[struck][keyPath: Event.fields[0].path] = .nan }
        if flaw == .mistakesTheZone { for index in events.indices { events[index].time += 8 * 3_600_000_000_000 } }
        return events
    }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind == Event.kind else {
            guard flaw == .answersWhatItDoesNotDeclare, request.kind == .factor else {
                throw PluginError(.unsupported, "provider/mutant: it gives another kind.")
            }
            return Reply(.factors([]))
        }
        if source == "away", flaw != .answersWhileAway {
            throw PluginError(.transient, "provider/mutant: the source is away. Wait.")
        }
        guard request.instruments.contains(where: { $0.instrument.code == "GOOD" }) else {
            let code: PluginError.Code = flaw == .callsUnknownTransient ? .transient : .notFound
            throw PluginError(code, "provider/mutant: no such instrument. Ask for GOOD.")
        }
        if source == "damaged" {
            let defect = Defect(
                instrument: nil, place: "memory:1", reason: "unreadable", message: "It cannot be read.", raw: "?")
            return Reply(.empty(Event.kind), defects: flaw == .hidesBadBytes ? [] : [defect])
        }
        if Event.isSnapshot { return Reply(events: Array(all.suffix(flaw == .doublesAnEvent ? 2 : 1))) }
        var events = all.filter { flaw == .ignoresTheRange || request.range.contains($0.time) }
        if flaw == .swapsEvents, events.count > 60 { events.swapAt(50, 51) }
        return Reply(events: events)
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        guard subscription.kind == Event.kind else {
            throw PluginError(.unsupported, "provider/mutant: it streams another kind.")
        }
        var events = all
        if flaw == .pushesOtherEvents { events[struck][keyPath: Event.fields[1].path] += 1 }
        if flaw == .pushesBackwards { events.swapAt(3, 4) }
        var next = try start(subscription.resumeAfter)
        while next < events.count {
            let end = min(next + 20, events.count)
            let delivery = Delivery(batch: Event.batch(Array(events[next..<end])), position: StreamPosition("\(end)"))
            next = end
            do throws(PluginError) { try await receiver.receive(delivery) } catch {
                if flaw == .swallowsRefusal { return }
                throw error
            }
            if Task.isCancelled, flaw == .neverEnds {
                // Never resumed: that is the flaw.
                await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            }
            if Task.isCancelled, flaw != .pushesAfterCancellation {
                throw PluginError(.cancelled, "provider/mutant: it was cancelled.")
            }
        }
    }

    private func start(_ position: StreamPosition?) throws(PluginError) -> Int {
        guard let position else { return 0 }
        guard let offset = Int(position.text) else {
            if flaw == .takesAnyPosition { return 0 }
            throw PluginError(.badRequest, "provider/mutant: the position is not its own. Start anew.")
        }
        return flaw == .resumesOneBack ? offset - 1 : offset
    }
}
