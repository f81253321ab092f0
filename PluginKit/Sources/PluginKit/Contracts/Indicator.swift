/// Turns events of one instrument into features, one event at a time; a value type that holds its own state.
///
/// One code path serves stream and batch, so both give the same bits. An implementation writes `update(_:into:)` and the
/// state coding; the host calls the run form, once per run of events of one instrument.
///
/// - `update` is O(1) (amortised) and allocates nothing once warm.
/// - Outputs are NaN until `warmUpLength` events were accepted, and never NaN because of warm-up after that.
/// - An event with numbers the indicator cannot use (NaN, infinite) is refused: `false`, outputs NaN, state unchanged.
public protocol Indicator<Input>: Sendable {
    /// The kind of event it reads.
    associatedtype Input: MarketEvent

    /// What the plugin is; pure data.
    static var descriptor: PluginDescriptor { get }

    /// Returns every fault that the schema alone cannot find.
    static func validate(_ configuration: Configuration) -> [ConfigurationFault]

    /// Returns the columns that these options give, in order; the descriptor's where they always are the same.
    static func outputs(_ configuration: Configuration) -> [OutputColumn]

    /// Builds fresh state from checked options.
    init(_ configuration: Configuration) throws(PluginError)

    /// How many events it needs before the first value.
    var warmUpLength: Int { get }

    /// Takes one event and writes every output; returns whether the event was accepted.
    mutating func update(_ event: Input, into row: OutputRow) -> Bool

    /// Takes a run of events of one instrument; row i belongs to event i. The default calls `update` for each.
    mutating func update(_ run: Span<Input>, into rows: FeatureRows)

    /// Writes what `update` would give for an event that may still change; the state stays as it is.
    func peek(_ event: Input, into row: OutputRow)

    /// Writes the whole state.
    func save(to writer: inout StateWriter)

    /// Replaces the state by one that `save` wrote with the same options; throws `.corrupted` and keeps the old one else.
    mutating func restore(from reader: inout StateReader) throws(PluginError)
}

extension Indicator {
    /// Finds no further fault.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] { [] }

    /// The descriptor's outputs.
    public static func outputs(_ configuration: Configuration) -> [OutputColumn] { descriptor.outputs }

    /// Calls `update` for each event; specialised where the concrete type is known.
    @inlinable public mutating func update(_ run: Span<Input>, into rows: FeatureRows) {
        for index in run.indices { _ = update(run[index], into: rows[index]) }
    }

    /// Updates a copy; costs a copy of the state.
    @inlinable public func peek(_ event: Input, into row: OutputRow) {
        var copy = self
        _ = copy.update(event, into: row)
    }

    /// The kind of event it reads.
    public static var inputKind: EventKind { Input.kind }
}
