package import PluginKit

/// An event as a reader outside the pipelines sees the newest one of an instrument.
package enum LatestEvent: Sendable {
    /// The newest bar.
    case bar(Bar)
    /// The newest trade.
    case trade(Trade)
    /// The newest quote.
    case quote(Quote)
    /// The newest order book.
    case orderBook(OrderBook)

    private var event: any CheckedEvent {
        switch self {
        case .bar(let event): event
        case .trade(let event): event
        case .quote(let event): event
        case .orderBook(let event): event
        }
    }

    /// Event time, nanoseconds since the Unix epoch, UTC.
    package var time: Int64 {
        switch self {
        case .bar(let event): event.time
        case .trade(let event): event.time
        case .quote(let event): event.time
        case .orderBook(let event): event.time
        }
    }
    /// Close, price, or the middle of bid and ask; NaN where there is none.
    package var price: Double { event.price }
    /// The instrument.
    package var instrument: InstrumentID { event.instrument }
    /// What provider and host say about it.
    package var flags: EventFlags { event.flags }
    /// Which kind it is.
    package var kind: EventKind {
        switch self {
        case .bar: .bar
        case .trade: .trade
        case .quote: .quote
        case .orderBook: .orderBook
        }
    }

    /// The bar; `nil` for another kind.
    package var bar: Bar? { if case .bar(let bar) = self { bar } else { nil } }
}
