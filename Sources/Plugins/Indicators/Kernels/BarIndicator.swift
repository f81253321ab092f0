import PluginKit
import RollingStatistics

/// What an indicator computes: a few numbers of its own, and windows in memory that is lent for one run of bars.
///
/// To write an indicator: a public struct with a descriptor, a `core` and a `memory`, and inside it a `Core` with this
/// protocol. `BarIndicator` makes an `Indicator` of the two.
protocol BarCore: Sendable {
    /// Reads the options and takes places in the memory for the windows.
    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError)

    /// How many bars it needs before the first value.
    var warmUpLength: Int { get }

    /// Takes one bar and writes every output, NaN where there is no value; returns whether the bar was accepted.
    ///
    /// Checks first: a bar that is refused changes nothing. The caller clears the row of a refused bar. Mark it
    /// `@inline(__always)`: as a call, the numbers of the core would go through memory at each bar.
    mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool

    /// Codes everything but the lent memory.
    mutating func code(_ state: inout StateCoder) throws(PluginError)
}

/// An indicator over bars, made of a `Core` and the memory of its windows.
///
/// The two are apart for speed: numbers stay in registers for a whole run, and the array is checked for other owners once a
/// run instead of at each write. Single bar, run and `peek` take the same step, so they give the same bits.
protocol BarIndicator: Indicator where Input == Bar {
    associatedtype Core: BarCore
    /// The numbers.
    var core: Core { get set }
    /// The memory of all windows of the core; its length never changes.
    var memory: [Double] { get set }
    /// What every struct of these two has without writing it.
    init(core: Core, memory: [Double])
}

extension BarIndicator {
    /// Builds an indicator that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        if let fault = Self.validate(configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message) Set it in plugins.yaml.")
        }
        var layout = WindowLayout()
        let core = try Core(configuration, &layout)
        self.init(core: core, memory: Array(repeating: 0, count: layout.count))
    }

    /// How many bars it needs before the first value.
    public var warmUpLength: Int { core.warmUpLength }

    /// Takes one bar and writes every output; returns whether the bar was accepted.
    public mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        var core = core
        var windows = memory.mutableSpan
        let isAccepted = core.step(bar, &windows, into: row)
        if !isAccepted { row.clear() }
        self.core = core
        return isAccepted
    }

    /// Takes a run of bars of one instrument; row i belongs to bar i.
    public mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        var core = core
        var windows = memory.mutableSpan
        for index in run.indices where !core.step(run[index], &windows, into: rows[index]) { rows[index].clear() }
        self.core = core
    }

    /// Writes what `update` would give; copies the windows, to the stack while they are small, and changes nothing.
    public func peek(_ bar: Bar, into row: OutputRow) {
        var core = core
        withUnsafeTemporaryAllocation(of: Double.self, capacity: memory.count) { copy in
            _ = copy.initialize(fromContentsOf: memory)
            var windows = copy.mutableSpan
            if !core.step(bar, &windows, into: row) { row.clear() }
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
