package import PluginKit

/// Everything a pipeline is made of, checked and built; what the manifest said, as values.
package struct PipelinePlan: Sendable {
    /// The pipeline's id in the manifest.
    package let id: String
    /// The instruments it follows.
    package let instruments: [InstrumentReference]
    /// Names of all instruments of the host.
    package let directory: InstrumentTable
    /// The input that drives it: each of its events makes a row.
    package private(set) var driving: InputPlan
    /// Inputs whose events are carried into those rows.
    package let sides: [InputPlan]
    /// Last event time taken from the providers, nanoseconds since the Unix epoch, UTC; streams end after it.
    package let through: Int64
    /// What it predicts with.
    package private(set) var models: [ServingModel]
    /// Age above which a prediction is flagged, nanoseconds; `nil` for no limit.
    package let maxAge: Int64?
    /// Where its records go.
    package private(set) var sinks: [SinkPlan]
    /// How many partitions work side by side; one where columns compare the instruments.
    package let workers: Int
    /// Whether an indicator or model of it waits for another process: then it must not wait on a thread all share.
    package let callsOut: Bool
    /// Names of the columns of its rows.
    package private(set) var schema: FeatureSchema

    /// Creates a plan.
    package init(
        id: String, instruments: [InstrumentReference], directory: InstrumentTable, driving: InputPlan,
        sides: [InputPlan] = [], through: Int64 = .max, models: [ServingModel] = [], maxAge: Int64? = nil,
        sinks: [SinkPlan], workers: Int, callsOut: Bool = false
    ) {
        self.id = id
        self.instruments = instruments
        self.directory = directory
        self.driving = driving
        self.sides = sides
        self.through = through
        self.models = models
        self.maxAge = maxAge
        self.sinks = sinks
        // Who compares all instruments of a time has them all.
        self.workers = driving.section == nil ? max(1, workers) : 1
        self.callsOut = callsOut
        schema = Self.schema(driving, sides)
    }

    /// Its inputs; the first one drives.
    package var inputs: [InputPlan] { [driving] + sides }

    /// What is computed of its driving events.
    package var features: FeaturePlan { driving.features }

    /// The kind of event that drives it.
    package var kind: EventKind { driving.kind }

    /// The kind of record that its driving events become.
    var eventRecords: RecordKind { type(of: RecordBatch.Content(.empty(kind)).rows).kind }

    /// Span of the bars that drive it.
    package var timeframe: Timeframe { driving.timeframe }

    /// Where the events that drive it come from.
    package var route: RoutePlan { driving.route }

    /// The same plan without what a change of a running pipeline replaces: indicators, models and sinks.
    var front: PipelinePlan {
        var front = self
        front.driving.features = FeaturePlan(instances: [])
        front.schema = Self.schema(front.driving, sides)
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

    /// What the events of an input are stored under: the pipeline's id, for those beside the driving one with their name.
    package func scope(of input: InputPlan) -> String { input.name.isEmpty ? id : "\(id)/\(input.name)" }

    /// The columns of rows: the driving input's, then what the others add.
    package static func schema(_ driving: InputPlan, _ sides: [InputPlan]) -> FeatureSchema {
        sides.isEmpty
            ? driving.features.schema
            : FeatureSchema(names: driving.features.schema.names + sides.flatMap(\.carriedNames))
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
    /// Keeps predictions with what became of them; `nil` where nothing of them outlives a run.
    package let outcomes: (any OutcomeStore)?
    /// Follows some deliveries; `nil` where none is.
    package let tracer: DeliveryTracer?

    /// Creates services.
    package init(
        events: any EventStore, quarantine: any QuarantineStore, watermarks: any WatermarkStore, latest: LatestValues,
        board: InstanceBoard, wallTime: @escaping @Sendable () -> Int64, clock: any Clock<Duration> = ContinuousClock(),
        patience: Int? = nil, handover: Duration = .seconds(2), callLimit: Duration? = nil,
        spill: (@Sendable (_ pipeline: String, _ sink: String) -> any SpillFile)? = nil,
        tradingHours: @escaping TradingHoursFinder = { _ in nil }, outcomes: (any OutcomeStore)? = nil,
        tracer: DeliveryTracer? = nil
    ) {
        self.outcomes = outcomes
        self.tracer = tracer
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
