package import PluginKit

/// Everything a pipeline is made of, checked and built; what the manifest said, as values.
package struct PipelinePlan: Sendable {
    /// The pipeline's id in the manifest.
    package let id: String
    /// The instruments it follows.
    package let instruments: [InstrumentReference]
    /// Names of all instruments of the host.
    package let directory: InstrumentTable
    /// The kind of event that drives it: each makes a row.
    package let kind: EventKind
    /// Span of its bars.
    package let timeframe: Timeframe
    /// The provider of its route.
    package let provider: ProviderSlot
    /// Whether the provider plays the past again: then the pipeline's clock follows the events.
    package let isReplay: Bool
    /// How it is asked, where it does not push; `nil` for one that pushes.
    package let pull: PullPlan?
    /// How long its data is tried for.
    package let policy: StreamPolicy
    /// Whether a provider whose data can grow is to wait for more at its end.
    package let waitsForMore: Bool
    /// Last event time taken from the provider, nanoseconds since the Unix epoch, UTC; the stream ends after it.
    package let through: Int64
    /// Age above which the route marks a bar as stale, nanoseconds; `nil` for any age.
    package let acceptedAge: Int64?
    /// What is accepted beyond what must be true of every bar.
    package let rules: QualityRules
    /// What it computes.
    package private(set) var features: FeaturePlan
    /// What it predicts with.
    package private(set) var models: [ServingModel]
    /// Age above which a prediction is flagged, nanoseconds; `nil` for no limit.
    package let maxAge: Int64?
    /// Where its records go.
    package private(set) var sinks: [SinkPlan]
    /// How many partitions work side by side.
    package let workers: Int
    /// Whether an indicator or model of it waits for another process: then it must not wait on a thread all share.
    package let callsOut: Bool
    /// Digest of everything that decides what the provider's stream holds; `nil` where no run goes on after another.
    package let streamDigest: String?

    /// Creates a plan.
    package init(
        id: String, instruments: [InstrumentReference], directory: InstrumentTable, kind: EventKind = .bar,
        timeframe: Timeframe,
        provider: ProviderSlot, isReplay: Bool, pull: PullPlan? = nil,
        policy: StreamPolicy = StreamPolicy(isOnce: true), waitsForMore: Bool = false, through: Int64 = .max,
        acceptedAge: Int64? = nil,
        rules: QualityRules = QualityRules(),
        features: FeaturePlan,
        models: [ServingModel], maxAge: Int64?, sinks: [SinkPlan], workers: Int, callsOut: Bool = false,
        streamDigest: String? = nil
    ) {
        self.id = id
        self.instruments = instruments
        self.directory = directory
        self.kind = kind
        self.timeframe = timeframe
        self.provider = provider
        self.isReplay = isReplay
        self.pull = pull
        self.policy = policy
        self.waitsForMore = waitsForMore
        self.through = through
        self.acceptedAge = acceptedAge
        self.rules = rules
        self.features = features
        self.models = models
        self.maxAge = maxAge
        self.sinks = sinks
        self.workers = max(1, workers)
        self.callsOut = callsOut
        self.streamDigest = streamDigest
    }

    /// The provider instance's id.
    package var providerID: String { provider.id }

    /// The same plan without what a change of a running pipeline replaces: indicators, models and sinks.
    var front: PipelinePlan {
        var front = self
        front.features = FeaturePlan(instances: [])
        front.models = []
        front.sinks = []
        return front
    }

    /// For each instrument number, whether the pipeline follows it.
    package var isKnown: [Bool] {
        var known = Array(repeating: false, count: directory.count)
        for reference in instruments { known[Int(reference.id.rawValue)] = true }
        return known
    }
}

/// What a pipeline stands on: stores, boards, clocks.
package struct PipelineServices: Sendable {
    /// Keeps accepted events.
    package let events: any EventStore
    /// Keeps refused rows.
    package let quarantine: any QuarantineStore
    /// Keeps how far each sink is durable.
    package private(set) var watermarks: any WatermarkStore
    /// Newest values for readers.
    package let latest: LatestValues
    /// States of instances.
    package let board: InstanceBoard
    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    package let wallTime: @Sendable () -> Int64
    /// For back-off and grace times.
    package let clock: any Clock<Duration>
    /// Tries of a sink's write before rows are given up; `nil` for as long as the pipeline runs.
    package let patience: Int?
    /// Grace of a sink that is replaced or taken out, before its call is cancelled, and again before it is left behind.
    package let handover: Duration
    /// How long a sink's call may last before it is ended; `nil` for as long as it takes.
    package let callLimit: Duration?
    /// Makes what keeps the records of a sink on disk under `.spill`.
    package let spill: (@Sendable (_ pipeline: String, _ sink: String) -> any SpillFile)?
    /// Gives the trading hours of an instrument's venue; `nil` where it has no calendar.
    package let tradingHours: TradingHoursFinder

    /// Creates services.
    package init(
        events: any EventStore, quarantine: any QuarantineStore, watermarks: any WatermarkStore, latest: LatestValues,
        board: InstanceBoard, wallTime: @escaping @Sendable () -> Int64, clock: any Clock<Duration> = ContinuousClock(),
        patience: Int? = nil, handover: Duration = .seconds(2), callLimit: Duration? = nil,
        spill: (@Sendable (_ pipeline: String, _ sink: String) -> any SpillFile)? = nil,
        tradingHours: @escaping TradingHoursFinder = { _ in nil }
    ) {
        self.events = events
        self.quarantine = quarantine
        self.watermarks = watermarks
        self.latest = latest
        self.board = board
        self.wallTime = wallTime
        self.clock = clock
        self.patience = patience
        self.handover = handover
        self.tradingHours = tradingHours
        self.callLimit = callLimit
        self.spill = spill
    }
}

extension PipelineServices {
    /// Returns the same services with other watermarks.
    package func with(watermarks: any WatermarkStore) -> PipelineServices {
        var copy = self
        copy.watermarks = watermarks
        return copy
    }
}
