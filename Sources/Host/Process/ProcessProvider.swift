import HostCore
package import PluginKit
import StdioProtocol

/// A provider whose code runs in a process of its own; its stream is held back by credits.
package struct ProcessProvider: Provider {
    /// Batches the process may send before the host took one.
    static let credits = 8
    private let session: ProcessSession

    /// Stands in for every process provider; the real descriptor is the type's.
    package static let descriptor = PluginDescriptor(
        kind: .provider, name: "process", summary: "A provider in a process of its own.",
        schema: ConfigurationSchema([]))

    init(_ session: ProcessSession) { self.session = session }

    /// Throws: a process provider is made by `ProcessPlugin`.
    package init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "\(configuration.instance): a process plugin needs its command.")
    }

    package func probe() async throws(PluginError) {
        _ = try await session.ask("probe", within: session.setup.deadlines.exchange)
    }

    package func stop() async { await session.end() }

    package func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        var body = Self.instruments(request.instruments)
        body["kind"] = .text(request.kind.rawValue)
        body["timeframe"] = .text(request.timeframe.description)
        body["from"] = .integer(request.range.lowerBound)
        body["to"] = .integer(request.range.upperBound)
        let answer = try await session.ask("fetch", body, within: session.setup.deadlines.exchange)
        let known = Set(request.instruments.map(\.id))
        guard case .events(let batch) = answer.frames.first, batch.kind == request.kind,
            batch.instruments.allSatisfy(known.contains)
        else { throw unreadable("fetch", "\(request.kind.rawValue) events of the instruments asked for") }
        return Reply(batch, defects: Self.defects(answer))
    }

    package func instruments() async throws(PluginError) -> [Instrument] {
        let answer = try await session.ask("instruments", within: session.setup.deadlines.exchange)
        guard let names = answer.body["instruments"]?.array, names.count <= 1_000_000 else {
            throw unreadable("instruments", "a list of at most 1000000 instruments")
        }
        var instruments: [Instrument] = []
        for name in names {
            guard let instrument = name.text.flatMap({ try? Instrument(parsing: $0) }) else {
                throw unreadable(
                    "instruments",
                    "symbols as AAPL.US or 600519.SH; \(PluginError.quoted(name.text ?? "\(name)")) is none")
            }
            instruments.append(instrument)
        }
        return instruments
    }

    package func tradingDays(of venue: String, _ days: ClosedRange<Int>) async throws(PluginError) -> [Int] {
        let answer = try await session.ask(
            "trading_days",
            [
                "venue": .text(venue), "first": .integer(Int64(days.lowerBound)),
                "last": .integer(Int64(days.upperBound)),
            ], within: session.setup.deadlines.exchange)
        let given = (answer.body["days"]?.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        guard zip(given, given.dropFirst()).allSatisfy(<), given.allSatisfy(days.contains) else {
            throw unreadable("trading_days", "ascending days of those asked for")
        }
        return given
    }

    package func stream(
        _ subscription: Subscription, into receiver: any EventReceiver
    ) async throws(PluginError) {
        var body = Self.instruments(subscription.instruments)
        body["kind"] = .text(subscription.kind.rawValue)
        body["timeframe"] = .text(subscription.timeframe.description)
        body["resume_after"] = subscription.resumeAfter.map { .text($0.text) } ?? .null
        body["waits_for_more"] = .boolean(subscription.waitsForMore)
        body["credits"] = .integer(Int64(Self.credits))
        let pushes = StreamPushes(session.setup.owner, Self.credits, subscription)
        let request = body
        let result: Result<Void, PluginError> = await withTaskGroup(of: Result<Void, PluginError>.self) { group in
            group.addTask {
                let result = await Result { () async throws(PluginError) in
                    _ = try await session.ask(
                        "start", request, within: .seconds(86_400 * 365), event: pushes.take,
                        began: { child, id in
                            pushes.began { sequence in
                                child.tell("credit", id: id, ["credits": .integer(1), "sequence": .integer(sequence)])
                            }
                        })
                }
                pushes.finish()
                return result
            }
            group.addTask { await Result { () async throws(PluginError) in try await pushes.deliver(to: receiver) } }
            var faults: [PluginError] = []
            for await result in group {
                guard case .failure(let fault) = result else { continue }
                faults.append(fault)
                group.cancelAll()
            }
            return faults.first.map { .failure($0) } ?? .success(())
        }
        try result.get()
    }

    package func acknowledge(_ position: StreamPosition) async {
        session.running?.child.tell("acknowledge", ["position": .text(position.text)])
    }

    private static func instruments(_ references: [InstrumentReference]) -> [String: JSONValue] {
        [
            "instruments": .array(
                references.map {
                    .object([
                        "id": .integer(Int64($0.id.rawValue)), "symbol": .text($0.instrument.description),
                        "code": .text($0.instrument.code), "venue": .text($0.instrument.venue),
                    ])
                })
        ]
    }

    private func unreadable(_ call: String, _ what: String) -> PluginError {
        PluginError(.malformed, "\(session.setup.owner): '\(call)' was answered without \(what).")
    }

    static func defects(_ message: Message) -> [Defect] {
        (message.body["defects"]?.array ?? []).prefix(10_000).map { json in
            let members = json.object ?? [:]
            return Defect(
                instrument: members["instrument"]?.integer.flatMap { UInt32(exactly: $0) }.map(
                    InstrumentID.init(rawValue:)),
                place: members["place"]?.text ?? "", reason: members["reason"]?.text ?? "unreadable",
                message: members["message"]?.text ?? "", raw: members["raw"]?.text ?? "")
        }
    }
}
