import CivilTime
import HostCore
package import HostManifest
package import PluginKit

/// Takes files into the store of a pipeline: what `penstock data import` does.
///
/// The rows go the way of the pipeline's own, from `local_history` through the quality stage into the store, without
/// indicators, models and sinks: so memory is bounded by its queues, refused rows rest in quarantine, and rows that are
/// stored already are left as they are. An import that was killed is begun again and stores what is missing.
package struct DataImport: Sendable {
    /// What is imported, and how its files are read.
    package struct Plan: Sendable {
        /// The pipeline that the rows are stored for.
        package var pipeline: PipelineDeclaration
        /// The kind of event.
        package var kind: EventKind
        /// Span of the bars.
        package var timeframe: Timeframe
        /// Options of `local_history` but for the path.
        package var options: [String: ConfigurationValue]

        /// Creates a plan.
        package init(
            pipeline: PipelineDeclaration, kind: EventKind, timeframe: Timeframe,
            options: [String: ConfigurationValue]
        ) {
            (self.pipeline, self.kind, self.timeframe, self.options) = (pipeline, kind, timeframe, options)
        }
    }

    /// What became of a file.
    package struct Report: Sendable, Encodable {
        /// The file.
        package let file: String
        /// The pipeline the rows are stored for.
        package let pipeline: String
        /// Instruments the file has.
        package let instruments: Int
        /// Rows that came, those that could not be read included.
        package let rows: Int
        /// Rows that are stored now, those that were before included.
        package let accepted: Int
        /// Rows that were refused, by reason.
        package let refused: [String: Int]
        /// Rows that took the place of other versions.
        package let revised: Int
        /// How long it took.
        package let seconds: Double
    }

    let state: StateAtRest
    let manifest: Manifest
    let plan: Plan
    private let plugin: PluginType
    private let log: @Sendable (String) -> Void

    /// Opens the store, making it where it is missing; throws where a host runs on it.
    package init(
        _ manifest: Manifest, _ plan: Plan, reader plugin: PluginType, log: @escaping @Sendable (String) -> Void
    ) throws(HostError) {
        state = try StateAtRest(manifest, who: "data import", isMade: true)
        (self.manifest, self.plan, self.plugin, self.log) = (manifest, plan, plugin, log)
    }

    /// Imports one file or folder; `progress` is told every other second how many rows came so far.
    ///
    /// - Parameter instrument: whose rows they are, where the file does not say; `nil` for what its name says.
    /// - Parameter found: what the file looks like, by option; what the plan sets goes before it.
    package func run(
        _ file: String, of instrument: Instrument?, found: [String: ConfigurationValue] = [:],
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(PluginError) -> Report {
        let start = ContinuousClock.now
        let provider = try made(file, found)
        let instruments = try await instruments(file, instrument, provider)
        let board = InstanceBoard(now: { WallClock.now() })
        board.register(.provider, Self.source, plugin: plugin.descriptor.name, state: .ok)
        let told = log
        board.onNotice(told)
        board.onWarning { time, warning in told("\(EventTimeText.utc(time).prefix(10)): \(warning)") }
        let pipeline = pipeline(provider, instruments, board)
        let fault = await withTaskGroup(of: PluginError?.self) { group in
            group.addTask {
                var told = 0
                while (try? await Task.sleep(for: .seconds(2))) != nil {
                    let rows = pipeline.snapshot.received
                    if rows > told { progress(rows) }
                    told = rows
                }
                return nil
            }
            let fault = await Result { () async throws(PluginError) in try await pipeline.run() }.fault
            group.cancelAll()
            return fault
        }
        await provider.stop()
        if let fault { throw fault }
        let flow = pipeline.snapshot
        guard flow.unstored == 0 else {
            throw PluginError(
                .environment,
                "data import: \(flow.unstored) rows of '\(file)' could not be stored. Make room, then import it again.")
        }
        return Report(
            file: file, pipeline: plan.pipeline.id, instruments: instruments.count, rows: flow.received,
            accepted: flow.rows, refused: Dictionary(uniqueKeysWithValues: flow.rejected.map { ($0.key, $0.value) }),
            revised: flow.revised,
            seconds: start.duration(to: .now) / .seconds(1))
    }

    private static let source = "import"

    private func made(_ file: String, _ found: [String: ConfigurationValue]) throws(PluginError) -> any Provider {
        var values = found.merging(plan.options) { _, set in set }
        // Rows of a series that come together are stored together, and in larger pieces with less work for each.
        (values["order"], values["batch"]) = (.text("file"), .integer(4_096))
        for option in plugin.descriptor.schema.options where values[option.name] == nil {
            values[option.name] = option.defaultValue
        }
        values["path"] = .text(file)
        let configuration = Configuration(instance: "data import", values: values)
        if let fault = plugin.validate(configuration).first {
            throw PluginError(.configuration, "data import: \(fault.message)")
        }
        guard case .provider(let make) = plugin.maker else { throw InstanceBuilder.noInstance }
        let log = log
        return try make(
            configuration,
            PluginContext(
                baseDirectory: ".", stateDirectory: manifest.resolve(manifest.host.state),
                instruments: state.instruments,
                log: { level, message, data in
                    guard level == .warning else { return }
                    log("data import: \(data["remark"] ?? message)")
                }))
    }

    /// Whom the rows are of: as the file says, or its name.
    private func instruments(
        _ file: String, _ told: Instrument?, _ provider: any Provider
    ) async throws(PluginError) -> [InstrumentReference] {
        try await provider.probe()
        var found = told.map { [$0] } ?? []
        if found.isEmpty { found = try await provider.instruments() }
        if found.isEmpty, let named = Self.instrument(ofFile: file) { found = [named] }
        let own = plan.pipeline.instruments
        if told == nil, found.count == 1, !own.contains(found[0]), let meant = Self.instrument(ofFile: file, among: own)
        {
            found = [meant]
        }
        guard !found.isEmpty else {
            throw PluginError(
                .notFound,
                "data import: '\(file)' does not say whose rows it has. Name it as AAPL.US.csv, or give --instrument.")
        }
        return found.map { InstrumentReference(id: state.instruments.intern($0), instrument: $0) }
    }

    /// `AAPL.US.csv.gz` is of AAPL.US.
    static func instrument(ofFile path: String) -> Instrument? {
        var name = Substring(path.split(separator: "/").last ?? "")
        while let dot = name.lastIndex(of: "."), endings.contains(name[name.index(after: dot)...].lowercased()) {
            name = name[..<dot]
        }
        return try? Instrument(parsing: String(name))
    }

    /// `BTCUSDT-1h-2024-01.zip` is of BTC-USDT.BINANCE, where that is one of those it may be of.
    static func instrument(ofFile path: String, among instruments: [Instrument]) -> Instrument? {
        let name = (path.split(separator: "/").last ?? "").uppercased()
        func length(_ spelling: String) -> Int {
            guard name.hasPrefix(spelling) else { return 0 }
            return name.dropFirst(spelling.count).first.map { "-_. ".contains($0) } ?? true ? spelling.count : 0
        }
        let found = instruments.map { instrument in
            (
                instrument,
                [instrument.description, instrument.code, instrument.code.filter { $0 != "-" }].map(length).max() ?? 0
            )
        }
        return found.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0
    }

    private static let endings: Set<String> = ["csv", "tsv", "txt", "gz", "zip"]

    private func pipeline(
        _ provider: any Provider, _ instruments: [InstrumentReference], _ board: InstanceBoard
    ) -> Pipeline {
        var input = InputPlan(
            kind: plan.kind, timeframe: plan.timeframe,
            route: RoutePlan(only: ProviderSlot(Self.source, board: board, provider)), isReplay: true,
            features: FeaturePlan(instances: []))
        input.policy = StreamPolicy(isOnce: true)
        input.rules = manifest.route(plan.pipeline.route)?.prices.rules(state.instruments) ?? QualityRules()
        let made = PipelinePlan(
            id: plan.pipeline.id, instruments: instruments, directory: state.instruments, driving: input, sinks: [],
            workers: 1)
        // No position is kept: what the pipeline itself knows of its own stream stays as it is.
        return Pipeline(
            plan: made,
            services: PipelineServices(
                events: state.database, quarantine: state.database,
                watermarks: ReplayWatermarks(instruments: [], from: .min), latest: LatestValues(), board: board,
                wallTime: { WallClock.now() }, patience: 3))
    }
}
