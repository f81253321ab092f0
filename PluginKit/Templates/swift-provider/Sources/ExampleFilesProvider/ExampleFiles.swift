import FoundationEssentials
public import PluginKit

/// Daily bars from CSV files, one for each instrument.
///
/// - Gives: `Bar`; order, duplicates and OHLC are judged by the host.
/// - Time: the files hold the end of each bar in seconds since the Unix epoch.
/// - Limits: a file is read whole.
/// - Needs: nothing from outside but the files.
public struct ExampleFiles: Provider {
    private let instance: String
    private let folder: String
    private let batch: Int

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "example_files", version: "0.1.0",
        summary: "Reads daily bars from CSV files, one for each instrument.", stability: .experimental,
        schema: ConfigurationSchema([
            .path("path", isRequired: true, "Folder of the files."),
            .integer("batch", 1...4_096, default: 256, unit: "bars", "Bars pushed at once."),
        ]),
        provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: true, needsNetwork: false))

    /// Builds an instance; reads no file.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        instance = configuration.instance
        folder = context.resolve(try configuration.text("path"))
        batch = try configuration.integer("batch")
    }

    /// Returns the bars in the range, instrument by instrument.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind == .bar else { throw unsupported(request.kind) }
        var (bars, defects): ([Bar], [Defect]) = ([], [])
        for reference in request.instruments {
            let file = "\(reference.instrument.code).csv"
            let part = ExampleFilesMessages.map(try read(file), of: reference.id, file: file)
            bars += part.bars.filter { request.range.contains($0.time) }
            defects += part.defects
        }
        return Reply(events: bars, defects: defects)
    }

    private func unsupported(_ kind: EventKind) -> PluginError {
        PluginError(.unsupported, "\(instance): it gives bars, not \(kind.rawValue) events.")
    }

    /// Plays the files again in the order of time; a position is how many bars were pushed.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        guard subscription.kind == .bar else { throw unsupported(subscription.kind) }
        let reply = try await fetch(
            FetchRequest(.bar, of: subscription.instruments, timeframe: subscription.timeframe))
        let bars = try reply.events(Bar.self).sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        var (pushed, defects) = (try start(subscription.resumeAfter, of: bars.count), reply.defects)
        while pushed < bars.count {
            guard !Task.isCancelled else { throw PluginError(.cancelled, "\(instance): the stream was cancelled.") }
            let end = min(pushed + batch, bars.count)
            try await receiver.receive(
                Delivery(
                    batch: .bars(Array(bars[pushed..<end])), position: StreamPosition("\(end)"), defects: defects))
            (pushed, defects) = (end, [])
        }
    }

    private func start(_ position: StreamPosition?, of count: Int) throws(PluginError) -> Int {
        guard let position else { return 0 }
        guard let place = Int(position.text), (0...count).contains(place) else {
            throw PluginError(
                .badRequest,
                "\(instance): \(PluginError.quoted(position.text)) is no position of it; allowed 0...\(count).")
        }
        return place
    }

    private func read(_ file: String) throws(PluginError) -> String {
        do {
            return String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(file)")), as: UTF8.self)
        } catch {
            throw PluginError(
                .notFound, "\(instance): \(PluginError.quoted(file)) cannot be read. Check 'path'.", cause: error)
        }
    }
}
