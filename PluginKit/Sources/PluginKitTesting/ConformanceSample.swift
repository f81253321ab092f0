public import PluginKit

/// What a suite needs to run a plugin: options, an outside that answers the same each time, and ways to look at it.
///
/// Everything but `makeFolder` has a default; a check that misses something is reported as skipped, with what it misses.
///
/// ```swift
/// var sample = ConformanceSample { try makeTemporaryFolder() }
/// sample.values = ["path": .text("out")]      // relative: below the fresh folder of each instance
/// let report = await Conformance(.sink(MySink.self), sample: sample).report()
/// ```
public struct ConformanceSample: Sendable {
    /// Bytes a provider must call bad: options that lead to them, added to `values`.
    public struct DamagedSource: Sendable {
        /// What is wrong with the bytes: `cut in the middle of a row`.
        public let name: String
        /// Options that lead to the bytes.
        public let values: [String: ConfigurationValue]

        /// Creates a damaged source.
        public init(_ name: String, values: [String: ConfigurationValue]) {
            self.name = name
            self.values = values
        }
    }

    /// What an instance of a sink left behind.
    public struct Outside: Sendable {
        /// The folder the instance could write to.
        public let folder: String
        /// What it handed to `context.publish`, in order.
        public let published: [Message]

        /// Creates what was left behind; the suites do.
        public init(folder: String, published: [Message]) {
            self.folder = folder
            self.published = published
        }
    }

    /// One message an instance published.
    public struct Message: Sendable {
        /// The channel.
        public let channel: String
        /// The instrument it is about.
        public let topic: String?
        /// The text.
        public let bytes: [UInt8]
    }

    /// Creates a fresh, empty folder and returns its path; called once an instance, the caller removes them.
    public var makeFolder: @Sendable () throws -> String
    /// Options over the schema's defaults; at least the required ones.
    public var values: [String: ConfigurationValue] = [:]
    /// Options that lead to an outside that is not there (server down, file missing), added to `values`.
    public var unavailable: [String: ConfigurationValue]?
    /// Real events of one instrument in ascending time, by their kind: what indicators are fed; at least three times as many
    /// as one needs to warm up.
    public var events: [EventKind: EventBatch] = [:]
    /// The bars among the events: what models are fed; at least 300.
    public var bars: [Bar] {
        get { events[.bar].flatMap(Bar.events) ?? [] }
        set { events[.bar] = .bars(newValue) }
    }
    /// Provider: instruments it has events of.
    public var instruments: [Instrument] = []
    /// Provider: an instrument it has nothing of.
    public var unknownInstrument: Instrument?
    /// Provider: the timeframe asked for.
    public var timeframe = Timeframe(1, .day)
    /// Provider: events that must be in its answers bit for bit, the first instrument having id 0, by their kind; they prove
    /// mapping and zone. What is NaN in one of them is not compared.
    ///
    /// Of what the provider declares, bars and the kinds named here are checked; all where that is none.
    public var expected: [EventKind: EventBatch] = [:]
    /// Provider: bytes it must call bad.
    public var damaged: [DamagedSource] = []
    /// Sink: closes of the bars that were kept, in the order kept, NaN where there is none.
    public var keptCloses: (@Sendable (Outside) throws -> [Double])?
    /// Sink: whether a batch written twice is kept once; `nil` where the author does not say.
    public var isIdempotent: Bool?
    /// Faults that running instances reported since it was asked last, where someone outside the contract hears of them: an
    /// indicator has no way to throw.
    public var faults: (@Sendable () -> [String])?
    /// How long a call that was cancelled or stopped may take.
    public var patience: Duration = .seconds(1)

    /// Creates a sample.
    public init(makeFolder: @escaping @Sendable () throws -> String) { self.makeFolder = makeFolder }
}
