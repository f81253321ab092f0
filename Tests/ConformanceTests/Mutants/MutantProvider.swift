import PluginKit

/// A provider over bars in memory; with one flaw, or with none.
struct MutantProvider: Provider {
    enum Flaw: String, CaseIterable {
        case none, swapsBars, doublesABar, givesNaN, mistakesTheZone, ignoresTheRange, answersWhatItDoesNotDeclare
        case hidesBadBytes, answersWhileAway, callsUnknownTransient, resumesOneBack, takesAnyPosition
        case pushesOtherBars, pushesAfterCancellation, swallowsRefusal, neverEnds, pushesBackwards
    }

    static let descriptor = PluginDescriptor(
        kind: .provider, name: "mutant", summary: "Gives bars from memory.",
        schema: ConfigurationSchema([
            .choice("source", ["good", "damaged", "away"], default: "good", "Which bytes are read.")
        ]),
        provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: true, needsNetwork: false))
    let flaw: Flaw
    let source: String
    let given: [Bar]

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, .none, [])
    }

    init(_ configuration: Configuration, _ flaw: Flaw, _ bars: [Bar]) throws(PluginError) {
        self.flaw = flaw
        source = try configuration.text("source")
        given = bars
    }

    static func type(_ flaw: Flaw, _ bars: [Bar]) -> PluginType {
        PluginType(
            descriptor: descriptor, tier: .static, typeName: "MutantProvider",
            maker: .provider { (configuration, _) throws(PluginError) in
                try MutantProvider(configuration, flaw, bars)
            }, validate: { _ in [] })
    }

    private var all: [Bar] {
        var bars = given
        if flaw == .doublesABar { bars.insert(bars[50], at: 50) }
        if flaw == .givesNaN { bars[50].close = .nan }
        if flaw == .mistakesTheZone { for index in bars.indices { bars[index].time += 8 * 3_600_000_000_000 } }
        return bars
    }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind == .bar else {
            guard flaw == .answersWhatItDoesNotDeclare, request.kind == .quote else {
                throw PluginError(.unsupported, "provider/mutant: it gives bars.")
            }
            return Reply(.quotes([]))
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
            return Reply(.bars([]), defects: flaw == .hidesBadBytes ? [] : [defect])
        }
        var bars = all.filter { flaw == .ignoresTheRange || request.range.contains($0.time) }
        if flaw == .swapsBars, bars.count > 60 { bars.swapAt(50, 51) }
        return Reply(events: bars)
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        guard subscription.kind == .bar else {
            throw PluginError(.unsupported, "provider/mutant: it streams bars.")
        }
        var bars = all
        if flaw == .pushesOtherBars { bars[7].volume += 1 }
        if flaw == .pushesBackwards { bars.swapAt(3, 4) }
        var next = try start(subscription.resumeAfter)
        while next < bars.count {
            let end = min(next + 20, bars.count)
            let delivery = Delivery(batch: .bars(Array(bars[next..<end])), position: StreamPosition("\(end)"))
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
