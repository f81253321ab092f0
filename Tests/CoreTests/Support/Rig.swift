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
    var pull: PullPlan?
    var policy = StreamPolicy(isOnce: true)
    var workers = 1
    var patience: Int?
    var through = Int64.max
    var wallTime: Int64 = 200 * 365 * day
    var callsOut = false
    var callLimit: Duration?
    var streamDigest: String?
    var spill: (any SpillFile)?
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
        let plan = PipelinePlan(
            id: "main", instruments: references, directory: table, kind: kind, timeframe: daily,
            provider: ProviderSlot("source", board: board, provider), isReplay: isReplay, pull: pull,
            policy: policy, through: through, acceptedAge: acceptedAge,
            features: features,
            models: models, maxAge: maxAge, sinks: sinks, workers: workers, callsOut: callsOut,
            streamDigest: streamDigest)
        let wallTime = wallTime
        let makeSpill: (@Sendable (String, String) -> any SpillFile)? = spill.map { file in { @Sendable _, _ in file } }
        return Pipeline(
            plan: plan,
            services: PipelineServices(
                events: stores, quarantine: stores, watermarks: stores, latest: latest, board: board,
                wallTime: { wallTime }, clock: clock, patience: patience, callLimit: callLimit,
                spill: makeSpill))
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
        PipelinePlan(
            id: id, instruments: instruments, directory: directory, timeframe: timeframe, provider: provider,
            isReplay: isReplay, through: through, acceptedAge: acceptedAge,
            features: features ?? self.features, models: models ?? self.models, maxAge: maxAge,
            sinks: sinks ?? self.sinks, workers: workers)
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
