import HostCore
import PluginKit

/// A pipeline and all it stands on, in memory.
struct Rig {
    static let allRecords: Set<RecordKind> = [.bars, .features, .predictions, .alerts]

    var instrumentCount = 4
    var stores = MemoryStores()
    var clock: any Clock<Duration> = ImmediateClock()
    var features = FeaturePlan([])
    var models: [ServingModel] = []
    var maxAge: Int64?
    var acceptedAge: Int64?
    var kind = EventKind.bar
    var isReplay = true
    /// Longest wait of rows for those of other instruments, where they are compared.
    var sectionWait: Duration?
    var waitsForMore = false
    var pull: PullPlan?
    var policy = StreamPolicy(isOnce: true)
    var workers = 1
    var patience: Int?
    var through = Int64.max
    var wallTime: Int64 = 200 * 365 * day
    var callsOut = false
    /// How long a call of a sink that another replaces is waited for.
    var handover: Duration = .seconds(2)
    var callLimit: Duration?
    var streamDigest: String?
    var sides: [InputPlan] = []
    var rules = QualityRules()
    var hours: TradingHoursFinder = { _ in nil }
    var spill: (any SpillFile)?
    var tracer: DeliveryTracer?
    /// Providers behind the one that pushes, asked in this order; their ids are `b`, `c` ...
    var others: [any Provider] = []
    /// The rules of a route where the first is asked like the others.
    var consent: RouteRules?
    let table = InstrumentTable()
    let latest = LatestValues()
    let board = InstanceBoard(now: { 0 })

    static func key(_ sink: String) -> WatermarkKey { WatermarkKey(pipeline: "main", sink: sink, digest: "d/bars") }

    func pipeline(_ provider: any Provider, _ sinks: [SinkPlan]) -> Pipeline {
        for number in 0..<instrumentCount { _ = table.intern(Instrument(code: "I\(number)", venue: "TEST")) }
        board.register(.provider, "source", plugin: "array", state: .ok)
        for sink in sinks { board.register(.sink, sink.id, plugin: "recording", state: .ok) }
        let references = (0..<instrumentCount).map {
            InstrumentReference(id: id($0), instrument: table.instrument(id($0)))
        }
        var driving = InputPlan(
            kind: kind, timeframe: daily, route: route(provider), isReplay: isReplay, features: features)
        driving.section = sectionWait.map { SectionPlan(members: references.map(\.id), wait: $0) }
        driving.waitsForMore = waitsForMore
        driving.pull = pull
        driving.policy = policy
        driving.acceptedAge = acceptedAge
        driving.streamDigest = streamDigest
        driving.rules = rules
        driving.calendar = BarCalendar(daily, instrumentCount, references, hours)
        let plan = PipelinePlan(
            id: "main", instruments: references, directory: table, driving: driving, sides: sides, through: through,
            models: models, maxAge: maxAge, sinks: sinks, workers: workers, callsOut: callsOut)
        let wallTime = wallTime
        // One file is one sink's: another that ends would clear it.
        let spilling = Set(sinks.filter { $0.policy == .spill }.map(\.id))
        let makeSpill: (@Sendable (String, String) -> any SpillFile)? = spill.map { file in
            { @Sendable _, sink in spilling.contains(sink) ? file : MemorySpill() }
        }
        return Pipeline(
            plan: plan,
            services: PipelineServices(
                events: stores, quarantine: stores, watermarks: stores, latest: latest, board: board,
                wallTime: { wallTime }, clock: clock, patience: patience, handover: handover, callLimit: callLimit,
                spill: makeSpill, tradingHours: hours, outcomes: stores, tracer: tracer))
    }

    private func route(_ provider: any Provider) -> RoutePlan {
        let first = ProviderSlot("source", board: board, provider)
        let rest = zip("bcdef", others).map { name, other in
            board.register(.provider, "\(name)", plugin: "array", state: .ok)
            return RoutePlan.Member(ProviderSlot("\(name)", board: board, other), fetches: [.bar])
        }
        guard !rest.isEmpty else { return RoutePlan(only: first) }
        return RoutePlan(
            id: "daily", members: [.init(first, fetches: consent == nil ? [] : [.bar])] + rest,
            rules: consent ?? RouteRules())
    }

    /// A sink with a blocking queue unless said otherwise.
    static func sink(
        _ id: String, _ sink: any Sink, records: Set<RecordKind> = [.bars], capacity: Int = 8,
        policy: QueuePolicy = .block
    ) -> SinkPlan {
        SinkPlan(
            id: id, sink: sink, records: records, capacity: capacity, policy: policy,
            digests: StreamDigests(common: "d"))
    }

    /// A model over all columns that serves all times with one predictor.
    static func model(
        _ id: String, _ columns: [Int], _ predictor: any Predictor = SumPredictor()
    ) -> ServingModel {
        ServingModel(
            id: id, target: "return over 1 bar", columns: columns,
            timeline: PredictorTimeline(parts: [
                PredictorTimeline.Part(validAfter: .min, validThrough: .max, predictor: predictor)
            ]))
    }
}

/// Everything a pipeline makes of bars, with 3 feature columns and one model.
func fullRig(workers: Int = 1) -> Rig {
    var rig = Rig()
    rig.features = FeaturePlan([("roll", RollingCloses(period: 3)), ("count", EventCount())])
    rig.models = [Rig.model("sum", [0, 2])]
    rig.maxAge = 3 * day
    rig.workers = workers
    return rig
}

extension PipelinePlan {
    func with(
        features: FeaturePlan? = nil, models: [ServingModel]? = nil, sinks: [SinkPlan]? = nil
    ) -> PipelinePlan {
        var driving = driving
        driving.features = features ?? driving.features
        return PipelinePlan(
            id: id, instruments: instruments, directory: directory, driving: driving, sides: sides, through: through,
            models: models ?? self.models, maxAge: maxAge, sinks: sinks ?? self.sinks, workers: workers)
    }
}

extension SinkPlan {
    func instance(_ number: Int) -> SinkPlan {
        SinkPlan(
            id: id, sink: sink, records: records, capacity: capacity, policy: policy, digests: digests,
            instance: number)
    }

    func digest(_ digest: String) -> SinkPlan {
        SinkPlan(
            id: id, sink: sink, records: records, capacity: capacity, policy: policy,
            digests: StreamDigests(common: digest))
    }
}
