package import PluginKit

/// Follows some of a pipeline's deliveries from the provider to the sinks: the first, and then every n-th.
///
/// Which deliveries are followed depends on their number alone, so that all spans of one are there or none is. Who is not
/// followed costs a comparison.
package struct DeliveryTracer: Sendable {
    /// One of so many deliveries is followed.
    let every: UInt64
    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    let now: @Sendable () -> Int64
    /// Takes what was seen; must not wait.
    let emit: @Sendable (TraceSpan) -> Void

    /// Creates a tracer of pipelines.
    ///
    /// - Parameters:
    ///   - every: one of so many deliveries of a pipeline is followed, at least 1.
    ///   - now: the machine's clock, nanoseconds since the Unix epoch, UTC.
    ///   - emit: takes what was seen, from any thread; must not wait.
    package init(
        every: Int, now: @escaping @Sendable () -> Int64, emit: @escaping @Sendable (TraceSpan) -> Void
    ) {
        self.every = UInt64(max(1, every))
        self.now = now
        self.emit = emit
    }

    /// Returns the trace of a delivery that has just come in; `nil` where it is not followed.
    func trace(_ pipeline: String, _ sequence: UInt64) -> DeliveryTrace? {
        guard sequence == 1 || sequence.isMultiple(of: every) else { return nil }
        return DeliveryTrace(tracer: self, pipeline: pipeline, sequence: sequence, arrival: now())
    }
}

/// Goes with a followed delivery through queues and stages.
package struct DeliveryTrace: Sendable {
    private let tracer: DeliveryTracer
    private let pipeline: String
    private let sequence: UInt64
    /// When the delivery came in, nanoseconds since the Unix epoch, UTC.
    let arrival: Int64

    init(tracer: DeliveryTracer, pipeline: String, sequence: UInt64, arrival: Int64) {
        self.tracer = tracer
        self.pipeline = pipeline
        self.sequence = sequence
        self.arrival = arrival
    }

    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    var now: Int64 { tracer.now() }

    /// Tells of a step; one without an end ends now.
    func note(
        _ step: TraceSpan.Step, _ id: String = "", since start: Int64, until end: Int64? = nil, partition: Int? = nil,
        rows: Int? = nil, instrument: InstrumentID? = nil, fault: String? = nil
    ) {
        tracer.emit(
            TraceSpan(
                pipeline: pipeline, sequence: sequence, step: step, id: id, start: start,
                end: max(start, end ?? tracer.now()), partition: partition, rows: rows, instrument: instrument,
                fault: fault))
    }
}

/// One step of a followed delivery.
package struct TraceSpan: Sendable, Hashable {
    /// What was done.
    package enum Step: String, Sendable {
        /// All of it: from the provider until store and sinks have it in their queues. The other steps belong to it.
        case delivery
        /// From the question to the provider's answer; a moment where it pushed.
        case provider
        /// It waited for a partition.
        case queue
        /// A stage of the pipeline.
        case stage
        /// A model's predictions.
        case model
        /// The transaction it was stored with.
        case store
        /// A sink's write.
        case write
        /// The flush that made it durable in a sink.
        case flush
    }

    /// The pipeline.
    package let pipeline: String
    /// The delivery's number in it.
    package let sequence: UInt64
    /// What was done.
    package let step: Step
    /// The stage's name, or the instance that did it; empty where there is but one.
    package let id: String
    /// When it began and ended, nanoseconds since the Unix epoch, UTC.
    package let start: Int64
    package let end: Int64
    /// The partition; `nil` where it concerns all.
    package let partition: Int?
    /// Rows it was done with; `nil` where they do not count.
    package let rows: Int?
    /// The instrument, where all rows are of one.
    package let instrument: InstrumentID?
    /// What went wrong; `nil` where nothing did.
    package let fault: String?
}
