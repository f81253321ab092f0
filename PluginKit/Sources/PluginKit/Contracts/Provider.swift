/// Brings market data in: answers requests (pull), pushes a stream, or both, as its capabilities say.
///
/// Implement what `descriptor.provider` declares; the rest keeps the default that throws `.unsupported`. Fetching,
/// decoding and mapping are three functions; the last two are pure. Throw classified errors and never retry: retry,
/// back-off, time-outs and limits are the host's. What cannot be read becomes a `Defect`, never a guess.
public protocol Provider: Plugin {
    /// Returns bars in ascending event time per instrument.
    func bars(_ request: BarsRequest) async throws(PluginError) -> Reply<Bar>
    /// Returns the last quote of each instrument that has one.
    func quotes(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<Quote>
    /// Returns the current order book of each instrument that has one.
    func orderBooks(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<OrderBook>
    /// Returns reported figures in ascending event time per instrument.
    func fundamentals(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<Fundamentals>

    /// Pushes events until the source ends (returns) or the task is cancelled (throws `.cancelled`).
    ///
    /// `receiver.receive` suspends while the host is busy: that is the back-pressure, so await each call in order.
    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError)

    /// Learns that everything up to a position is durable in the store and every sink; the source may forget it.
    func acknowledge(_ position: StreamPosition) async
}

extension Provider {
    /// Throws `.unsupported`.
    public func bars(_ request: BarsRequest) async throws(PluginError) -> Reply<Bar> { throw Self.cannot("bars") }
    /// Throws `.unsupported`.
    public func quotes(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<Quote> {
        throw Self.cannot("quotes")
    }
    /// Throws `.unsupported`.
    public func orderBooks(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<OrderBook> {
        throw Self.cannot("order books")
    }
    /// Throws `.unsupported`.
    public func fundamentals(_ request: InstrumentsRequest) async throws(PluginError) -> Reply<Fundamentals> {
        throw Self.cannot("fundamentals")
    }
    /// Throws `.unsupported`.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        throw Self.cannot("a stream")
    }
    /// Needs no acknowledgement.
    public func acknowledge(_ position: StreamPosition) async {}

    private static func cannot(_ what: String) -> PluginError {
        PluginError(.unsupported, "\(descriptor.id): does not give \(what). Route this to another provider.")
    }
}

/// An instrument with the host's number for it: what a provider needs to make events.
public struct InstrumentReference: Sendable, Hashable {
    /// The host's number; goes into every event.
    public let id: InstrumentID
    /// The canonical name; the provider maps it to the source's own spelling.
    public let instrument: Instrument

    /// Creates a reference.
    public init(id: InstrumentID, instrument: Instrument) {
        self.id = id
        self.instrument = instrument
    }
}

/// A request for bars.
public struct BarsRequest: Sendable {
    /// What to fetch.
    public let instruments: [InstrumentReference]
    /// The span of each bar.
    public let timeframe: Timeframe
    /// Event times asked for, nanoseconds since the Unix epoch, both ends included.
    public let range: ClosedRange<Int64>

    /// Creates a request; the range defaults to all there is.
    public init(
        instruments: [InstrumentReference], timeframe: Timeframe, range: ClosedRange<Int64> = Int64.min...Int64.max
    ) {
        self.instruments = instruments
        self.timeframe = timeframe
        self.range = range
    }
}

/// A request for the current state of instruments.
public struct InstrumentsRequest: Sendable {
    /// What to fetch.
    public let instruments: [InstrumentReference]

    /// Creates a request.
    public init(instruments: [InstrumentReference]) { self.instruments = instruments }
}

/// What a provider answers: events, and what could not be read.
public struct Reply<Event: MarketEvent>: Sendable {
    /// The events.
    public var events: [Event]
    /// What was there and could not be read.
    public var defects: [Defect]

    /// Creates a reply.
    public init(events: [Event], defects: [Defect] = []) {
        self.events = events
        self.defects = defects
    }
}

/// What a stream is asked to push.
public struct Subscription: Sendable {
    /// The instruments.
    public let instruments: [InstrumentReference]
    /// The kind of event.
    public let kind: EventKind
    /// The span of each bar, for bars.
    public let timeframe: Timeframe
    /// Where an earlier stream was acknowledged last; `nil` to begin at the beginning (replay) or now (live).
    public let resumeAfter: StreamPosition?
    /// Whether a stream over data that can grow is to wait for more at its end; else it returns there.
    public let waitsForMore: Bool

    /// Creates a subscription.
    public init(
        instruments: [InstrumentReference], kind: EventKind, timeframe: Timeframe, resumeAfter: StreamPosition? = nil,
        waitsForMore: Bool = false
    ) {
        self.waitsForMore = waitsForMore
        self.instruments = instruments
        self.kind = kind
        self.timeframe = timeframe
        self.resumeAfter = resumeAfter
    }
}

/// A place in a provider's stream, in the provider's own words (an offset, a time, a cursor).
public struct StreamPosition: Sendable, Hashable {
    /// The provider's text.
    public let text: String

    /// Creates a position.
    public init(_ text: String) { self.text = text }
}

/// One push of a stream.
public struct Delivery: Sendable {
    /// The events; may be empty when there are only defects.
    public let batch: EventBatch
    /// Where the stream stands after this batch.
    public let position: StreamPosition
    /// What was there and could not be read. It counts as before the events: push what came before a defect first, so
    /// that the hole is noted where it is.
    public let defects: [Defect]

    /// Creates a delivery.
    public init(batch: EventBatch, position: StreamPosition, defects: [Defect] = []) {
        self.batch = batch
        self.position = position
        self.defects = defects
    }
}

/// The host's end of a stream.
public protocol EventReceiver: Sendable {
    /// Takes a delivery; suspends while the host's queue is full; throws `.cancelled` when the stream is to end.
    func receive(_ delivery: Delivery) async throws(PluginError)
    /// Learns that all there was is pushed, and that the stream waits for more.
    func caughtUp() async
}

extension EventReceiver {
    /// Does nothing.
    public func caughtUp() async {}
}
