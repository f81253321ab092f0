import PluginKit
import RollingStatistics

/// What an indicator computes: a few numbers of its own, and windows in memory that is lent for one run of events.
///
/// To write an indicator: a public struct with a descriptor, a `core` and a `memory`, and inside it a `Core` with the
/// protocol of the kind it reads: `BarCore`, `TradeCore`, `QuoteCore` or `BookCore`. `BarIndicator` and its like make an
/// `Indicator` of the two.
protocol EventCore<Input>: Sendable {
    /// What it reads: an event, or one with what stood beside it.
    associatedtype Input: Sendable

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
protocol BarCore: EventCore where Input == Bar {
    /// Bars of a call from which on `run` is faster than one step after the other: of a few, filling columns costs more than it saves.
    static var shortRun: Int { get }

    /// Takes bars in a row; row i belongs to bar i. The default takes one step after the other; what computes whole columns
    /// gives the same bits.
    mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows)
}

extension BarCore {
    static var shortRun: Int { 32 }

    @inline(__always)
    mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
        stepThrough(bars, &memory, into: rows, from: 0)
    }

    /// Takes one step after the other; the first bar's row is `first`.
    @inline(__always)
    mutating func stepThrough(
        _ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows, from first: Int
    ) {
        // In a variable of this loop the numbers stay in registers.
        var core = self
        for index in 0..<bars.count {
            let row = rows[first &+ index]
            if !core.step(bars[index], &memory, into: row) { row.clear() }
        }
        self = core
    }
}

/// A core over trades.
protocol TradeCore: EventCore where Input == Trade {}
/// A core over quotes.
protocol QuoteCore: EventCore where Input == Quote {}
/// A core over order books.
protocol BookCore: EventCore where Input == OrderBook {}

/// A core and the memory of its windows.
///
/// The two are apart for speed: numbers stay in registers for a whole run, and the array is checked for other owners once a
/// run instead of at each write. Single event, run and `peek` take the same step, so they give the same bits.
struct IndicatorState<Core: EventCore>: Sendable {
    /// The numbers.
    var core: Core
    /// The memory of all windows of the core; its length never changes, and is 1 where there is none: the array that is empty belongs to
    /// all, so that each change would make another one.
    var memory: [Double]
    private let isWithoutWindows: Bool

    init(_ configuration: Configuration) throws(PluginError) {
        var layout = WindowLayout()
        core = try Core(configuration, &layout)
        isWithoutWindows = layout.count == 0
        memory = Array(repeating: 0, count: max(layout.count, 1))
    }

    /// Takes one event where the numbers lie: copying them would cost more than most steps.
    @inline(__always)
    mutating func step(_ event: Core.Input, into row: OutputRow) -> Bool {
        let isAccepted = Self.step(&core, &memory, event, row)
        if !isAccepted { row.clear() }
        return isAccepted
    }

    // Two arguments are two accesses; both as `self` would be one.
    @inline(__always)
    private static func step(
        _ core: inout Core, _ memory: inout [Double], _ event: Core.Input, _ row: OutputRow
    ) -> Bool {
        var windows = memory.mutableSpan
        return core.step(event, &windows, into: row)
    }

    /// Takes events in a row with the numbers in registers.
    @inline(__always)
    mutating func run(_ body: (inout Core, inout MutableSpan<Double>) -> Void) {
        var numbers = core
        var windows = memory.mutableSpan
        body(&numbers, &windows)
        core = numbers
    }

    /// Writes what `step` would give; copies the windows, to the stack while they are small, and changes nothing.
    func peek(_ event: Core.Input, into row: OutputRow) {
        var core = core
        withUnsafeTemporaryAllocation(of: Double.self, capacity: memory.count) { copy in
            _ = copy.initialize(fromContentsOf: memory)
            var windows = copy.mutableSpan
            if !core.step(event, &windows, into: row) { row.clear() }
        }
    }

    /// Writes the whole state.
    func save(to writer: inout StateWriter) {
        var copy = self
        var state = StateCoder(writingTo: writer)
        // The coder alone owns the bytes while it writes: with two owners, each indicator would copy those of all before it.
        writer = StateWriter()
        // Writing throws nothing: only what is read can be wrong.
        try? copy.code(&state)
        writer = state.writer
    }

    /// Replaces it by one that `save` wrote; throws `.corrupted` and stays as it was else.
    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        var copy = self
        var state = StateCoder(readingFrom: reader)
        try copy.code(&state)
        self = copy
        if let rest = state.rest { reader = rest }
    }

    private mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try core.code(&state)
        guard isWithoutWindows else { return try state.numbers(&memory) }
        var none: [Double] = []
        try state.numbers(&none)
    }
}

/// An indicator made of a core and its memory.
protocol EventIndicator: Indicator {
    associatedtype Core: EventCore<Input>
    /// All that it holds.
    var state: IndicatorState<Core> { get set }
    /// What every struct of this one has without writing it.
    init(state: IndicatorState<Core>)
}

/// An indicator over bars.
protocol BarIndicator: EventIndicator, ColumnIndicator where Input == Bar, Core: BarCore {}

extension BarIndicator {
    /// Takes a run of bars of one instrument; row i belongs to bar i.
    public mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        run.withUnsafeBufferPointer { bars in
            let bars = BarRun(bars: bars)
            state.run { core, memory in
                if bars.count < Core.shortRun {
                    core.stepThrough(bars, &memory, into: rows, from: 0)
                } else {
                    core.run(bars, &memory, into: rows)
                }
            }
        }
    }

    /// Takes bars of one instrument; row i belongs to bar i.
    public mutating func update(_ bars: BarColumns, into rows: FeatureRows) {
        state.run { core, memory in core.run(bars, &memory, into: rows) }
    }
}

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
        self.init(state: try IndicatorState(configuration))
    }

    /// How many events it needs before the first value.
    public var warmUpLength: Int { state.core.warmUpLength }

    /// Takes one event and writes every output; returns whether the event was accepted.
    public mutating func update(_ event: Input, into row: OutputRow) -> Bool { state.step(event, into: row) }

    /// Takes a run of events of one instrument; row i belongs to event i.
    public mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        state.run { core, memory in
            for index in run.indices where !core.step(run[index], &memory, into: rows[index]) { rows[index].clear() }
        }
    }

    /// Writes what `update` would give; copies the windows, to the stack while they are small, and changes nothing.
    public func peek(_ event: Input, into row: OutputRow) { state.peek(event, into: row) }

    /// Writes the whole state.
    public func save(to writer: inout StateWriter) { state.save(to: &writer) }

    /// Replaces the state by one that `save` wrote with the same options; throws `.corrupted` and keeps the old one else.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        try state.restore(from: &reader)
    }
}
