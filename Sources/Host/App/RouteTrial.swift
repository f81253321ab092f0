import CivilTime
import HTTPFetch
import HostCore
package import HostManifest
import HostStorage
package import PluginKit
import Synchronization

/// Asks a route once, without a running host: what `penstock fetch` and `penstock providers probe` show.
package struct RouteTrial: Sendable {
    /// What became of asking one provider.
    package struct Attempt: Sendable, Encodable {
        /// The provider instance.
        package let provider: String
        /// `taken`, `compared` where others were or where it bore witness, or the class of the fault.
        package let outcome: String
        /// Why it was not taken; empty for the one that was.
        package let message: String
        /// How long it took.
        package let seconds: Double
        /// Requests that it sent over HTTP, those for cookies and keys among them; 0 where it does not say.
        package let requests: Int
    }

    /// What was taken, and what came before.
    package struct Report: Sendable, Encodable {
        /// The route.
        package let route: String
        /// The instrument.
        package let instrument: String
        /// Everyone who was asked, in the order they ended.
        package let attempts: [Attempt]
        /// The provider whose answer was taken; `nil` where none was.
        package let source: String?
        /// Events, and rows that could not be read.
        package let events: Int
        package let defects: Int
        /// Event times of the first and the last one, ISO 8601, UTC.
        package let first: String?
        package let last: String?
        /// How many events each source gave.
        package let given: [Given]
        /// Bars about which providers differ.
        package let conflicts: [Conflict]
    }

    /// What one source gave of an answer.
    package struct Given: Sendable, Encodable {
        /// The provider; `a+b` where fields of `b` stand in bars of `a`.
        package let source: String
        /// Its events.
        package let events: Int
    }

    /// A bar about which providers differ.
    package struct Conflict: Sendable, Encodable {
        /// Its event time, ISO 8601, UTC.
        package let time: String
        /// Who says what, and what is done.
        package let message: String
    }

    private let manifest: Manifest
    private let warn: @Sendable (String) -> Void

    /// Creates a trial of a manifest's routes.
    package init(_ manifest: Manifest, warn: @escaping @Sendable (String) -> Void) {
        (self.manifest, self.warn) = (manifest, warn)
    }

    /// Asks a route for events of an instrument in a range, nanoseconds since the Unix epoch, UTC, both ends included.
    package func fetch(
        _ kind: EventKind, _ instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>,
        from route: RouteDeclaration
    ) async throws(PluginError) -> Report {
        let table = InstrumentTable()
        let request = FetchRequest(
            kind, of: [InstrumentReference(id: table.intern(instrument), instrument: instrument)], timeframe: timeframe,
            range: range)
        let providers = route.everyProvider.compactMap { id in
            manifest.providers.first { $0.instance.id == id }?.instance
        }
        let requests = Mutex<[String: Int]>([:])
        let counts = counts(providers.map(\.id))
        defer { counts?.close() }
        let slots = providers.map { provider in
            slot(provider, table, counts) { requests.withLock { $0[provider.id, default: 0] += 1 } }
        }
        let own = providers.filter { route.providers.contains($0.id) }
        guard let plan = route.plan(own, Dictionary(uniqueKeysWithValues: slots.map { ($0.id, $0) }), table) else {
            throw PluginError(.configuration, "route/\(route.id): it has no enabled provider.")
        }
        let asked = Route(
            plan, pipeline: "", clock: ContinuousClock(), wallTime: { WallClock.now() }, board: nil,
            hours: VenueHours.shared.finder)
        let (answer, attempts) = await asked.trace(request)
        for slot in slots { await slot.stop() }
        let agreement = plan.rules.agreement
        return Report(route.id, instrument, attempts, answer, requests.withLock(\.self)) {
            $0.message(instrument.description, agreement)
        }
    }

    /// Opens what the host counts its requests in, which may be running; `nil` where no provider has limits, or none can be
    /// counted.
    private func counts(_ providers: [String]) -> StateDatabase? {
        let limited = manifest.providers.filter { $0.limits != (nil, nil, nil) }.map(\.instance.id)
        guard !Set(limited).isDisjoint(with: providers) else { return nil }
        let folder = manifest.resolve(manifest.host.state)
        do {
            // Made, and brought up to date, by whoever has the folder for itself; then it is free for a host.
            if !InstanceLock.isHeld(stateFolder: folder) {
                _ = try StateAtRest(manifest, who: "limits", isMade: true)
            }
            return try StateDatabase(beside: "\(folder)/penstock.db", instruments: InstrumentTable())
        } catch {
            let why = (error as? PluginError)?.message ?? "\(error)"
            warn("The requests of this command are not counted against the 'limits' of providers: \(why)")
            return nil
        }
    }

    private func slot(
        _ declaration: InstanceDeclaration, _ table: InstrumentTable, _ counts: StateDatabase?,
        _ sent: @escaping @Sendable () -> Void
    ) -> ProviderSlot {
        let context = PluginContext(
            baseDirectory: manifest.baseDirectory, stateDirectory: manifest.resolve(manifest.host.state),
            instruments: table,
            log: { _, message, _ in if [HTTPClient.answered, HTTPClient.unanswered].contains(message) { sent() } })
        return ProviderSlot(declaration.id, board: nil, gate: manifest.gate(declaration.id, counts)) {
            () async throws(PluginError) in
            guard
                case .provider(let provider) = try await InstanceBuilder.make(
                    declaration, { (_) throws(PluginError) in context })
            else { throw InstanceBuilder.noInstance }
            return provider
        }
    }
}

extension RouteTrial.Report {
    init(
        _ route: String, _ instrument: Instrument, _ attempts: [RouteReply.Attempt], _ answer: RouteReply?,
        _ requests: [String: Int], _ message: (RouteConflict) -> String
    ) {
        given = (answer?.counts ?? []).map { .init(source: $0.source, events: $0.events) }
        conflicts = (answer?.conflicts ?? []).map {
            .init(time: ISO8601.format($0.time, decimals: 0), message: message($0))
        }
        let taken = Set(given.flatMap { $0.source.split(separator: "+").map(String.init) })
        self.route = route
        self.instrument = instrument.description
        self.attempts = attempts.map {
            .init(
                provider: $0.provider,
                outcome: taken.contains($0.provider) ? "taken" : $0.fault?.code.description ?? "compared",
                message: $0.fault?.message ?? "", seconds: $0.span / .seconds(1), requests: requests[$0.provider] ?? 0)
        }
        source = answer?.source
        events = answer?.reply.batch.count ?? 0
        defects = answer?.reply.defects.count ?? 0
        let times = answer?.reply.times
        first = times.map { ISO8601.format($0.lowerBound, decimals: 0) }
        last = times.map { ISO8601.format($0.upperBound, decimals: 0) }
    }
}
