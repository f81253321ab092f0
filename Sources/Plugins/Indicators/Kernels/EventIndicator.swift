import PluginKit
import RollingStatistics

/// What an indicator computes: a few numbers of its own, and windows in memory that is lent for one run of events.
///
/// To write an indicator: a public struct with a descriptor, a `core` and a `memory`, and inside it a `Core` with the
/// protocol of the kind it reads: `BarCore`, `TradeCore`, `QuoteCore` or `BookCore`. `BarIndicator` and its like make an
/// `Indicator` of the two.
protocol EventCore<Input>: Sendable {
    /// The kind of event it reads.
    associatedtype Input: MarketEvent

    /// Reads the options and takes places in the memory for the windows.
    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError)

    /// How many events it needs before the first value.
    var warmUpLength: Int { get }

    /// Takes one event and writes every output, NaN where there is no value; returns whether the event was accepted.
    ///
    /// Checks first: an event that is refused changes nothing. The caller clears the row of a refused one. Mark it
    /// `@inline(__always)`: as a call, the numbers of the core would go through memory at each event.
    mutating func step(_ event: Input, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool

    /// Codes everything but the lent memory.
    mutating func code(_ state: inout StateCoder) throws(PluginError)
}

/// A core over bars.
protocol BarCore: EventCore where Input == Bar {}
/// A core over trades.
protocol TradeCore: EventCore where Input == Trade {}
/// A core over quotes.
protocol QuoteCore: EventCore where Input == Quote {}
/// A core over order books.
protocol BookCore: EventCore where Input == OrderBook {}

/// An indicator made of a `Core` and the memory of its windows.
///
/// The two are apart for speed: numbers stay in registers for a whole run, and the array is checked for other owners once a
/// run instead of at each write. Single event, run and `peek` take the same step, so they give the same bits.
protocol EventIndicator: Indicator {
    associatedtype Core: EventCore<Input>
    /// The numbers.
    var core: Core { get set }
    /// The memory of all windows of the core; its length never changes.
    var memory: [Double] { get set }
    /// What every struct of these two has without writing it.
    init(core: Core, memory: [Double])
}

/// An indicator over bars.
protocol BarIndicator: EventIndicator where Input == Bar {}
/// An indicator over trades.
protocol TradeIndicator: EventIndicator where Input == Trade {}
/// An indicator over quotes.
protocol QuoteIndicator: EventIndicator where Input == Quote {}
/// An indicator over order books.
protocol BookIndicator: EventIndicator where Input == OrderBook {}

extension EventIndicator {
    /// Builds an indicator that has seen no event.
    public init(_ configuration: Configuration) throws(PluginError) {
        if let fault = Self.validate(configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message) Set it in plugins.yaml.")
        }
        var layout = WindowLayout()
        let core = try Core(configuration, &layout)
        self.init(core: core, memory: Array(repeating: 0, count: layout.count))
    }

    /// How many events it needs before the first value.
    public var warmUpLength: Int { core.warmUpLength }

    /// Takes one event and writes every output; returns whether the event was accepted.
    public mutating func update(_ event: Input, into row: OutputRow) -> Bool {
        var core = core
        var windows = memory.mutableSpan
        let isAccepted = core.step(event, &windows, into: row)
        if !isAccepted { row.clear() }
        self.core = core
        return isAccepted
    }

    /// Takes a run of events of one instrument; row i belongs to event i.
    public mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        var core = core
        var windows = memory.mutableSpan
        for index in run.indices where !core.step(run[index], &windows, into: rows[index]) { rows[index].clear() }
        self.core = core
    }

    /// Writes what `update` would give; copies the windows, to the stack while they are small, and changes nothing.
    public func peek(_ event: Input, into row: OutputRow) {
        var core = core
        withUnsafeTemporaryAllocation(of: Double.self, capacity: memory.count) { copy in
            _ = copy.initialize(fromContentsOf: memory)
            var windows = copy.mutableSpan
            if !core.step(event, &windows, into: row) { row.clear() }
        }
    }

    /// Writes the whole state.
    public func save(to writer: inout StateWriter) {
        var copy = self
        var state = StateCoder(writingTo: writer)
        // Writing throws nothing: only what is read can be wrong.
        try? copy.code(&state)
        writer = state.writer
    }

    /// Replaces the state by one that `save` wrote with the same options; throws `.corrupted` and keeps the old one else.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var copy = self
        var state = StateCoder(readingFrom: reader)
        try copy.code(&state)
        self = copy
        if let rest = state.rest { reader = rest }
    }

    private mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try core.code(&state)
        try state.numbers(&memory)
    }
}
