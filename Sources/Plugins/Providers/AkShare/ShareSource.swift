import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import PluginKit
import ShareRows
import TimeZones

/// One of the places AkShare's functions ask: how it is asked, and what its replies mean. Both are pure.
protocol ShareSource: Sendable {
    /// `eastmoney`.
    var name: String { get }
    /// Whether a connection closed without a reply is how it refuses an address.
    var bansByClosing: Bool { get }
    /// Whether it can have an instrument at all.
    func covers(_ instrument: Instrument) -> Bool
    /// Returns how it is asked, or `nil` where it does not have that kind, timeframe and adjustment.
    func request(_ question: ShareQuestion) -> HTTPRequest?
    /// Returns what the status of a reply stands for, or `nil` where it is an answer.
    func fault(_ response: HTTPResponse, _ question: ShareQuestion) -> PluginError?
    /// Reads bars; none where it knows the instrument and has none. Throws `.notFound` where it does not, `.malformed`.
    func bars(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Bar>
    /// Reads the last state of the book; throws `.noData` where no orders rest.
    func book(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> OrderBook
    /// Reads the trades of the day; asked only where there is a request for them.
    func trades(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Trade>
    /// Reads factors; asked only where there is a request for them.
    func factors(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Factor>
}

extension ShareSource {
    var bansByClosing: Bool { true }

    func covers(_ instrument: Instrument) -> Bool { instrument.isMainland }

    func fault(_ response: HTTPResponse, _ question: ShareQuestion) -> PluginError? {
        response.fault(question.owner, for: question.what)
    }

    func trades(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Trade> {
        throw question.malformed(response, "has no trades")
    }

    func factors(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Factor> {
        throw question.malformed(response, "has no factors")
    }
}

/// A kind of event sources are asked for.
protocol ShareEvent: MarketEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<Self>
}

extension Bar: ShareEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<Bar> {
        try source.bars(response, question)
    }
}

extension Trade: ShareEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<Trade> {
        try source.trades(response, question)
    }
}

extension OrderBook: ShareEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<OrderBook> {
        FetchedEvents([try source.book(response, question)])
    }
}

extension Quote: ShareEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<Quote> {
        let book = try source.book(response, question)
        return FetchedEvents([
            Quote(
                time: book.time, bid: book.bids.first?.price ?? .nan, ask: book.asks.first?.price ?? .nan,
                bidSize: book.bids.first?.size ?? 0, askSize: book.asks.first?.size ?? 0, instrument: book.instrument)
        ])
    }
}

extension Factor: ShareEvent {
    static func read(
        _ response: HTTPResponse, _ source: any ShareSource, _ question: ShareQuestion
    ) throws(PluginError) -> FetchedEvents<Factor> {
        try source.factors(response, question)
    }
}

/// The cells of a snapshot that an order book is made of, best levels first.
struct BookCells {
    /// When the snapshot is of; `nil` where the source does not say, and it is now.
    var time: String?
    var bids: [(price: String?, size: String?)] = []
    var asks: [(price: String?, size: String?)] = []

    /// Returns the book; `size` makes shares of its sizes. A level without price or size is none.
    func book(_ response: HTTPResponse, _ question: ShareQuestion, size: Scale) throws(PluginError) -> OrderBook {
        func level(_ cell: (price: String?, size: String?)) throws(PluginError) -> OrderBook.Level? {
            guard let priceText = cell.price, !ShareRows.isNothing(priceText) else { return nil }
            guard let price = Scale(1).number(priceText), let count = size.number(cell.size ?? "") else {
                throw question.malformed(
                    response,
                    "has a level of \(PluginError.quoted("\(priceText) x \(cell.size ?? "")")), two numbers are needed")
            }
            return price > 0 && count > 0 ? OrderBook.Level(price: price, size: count) : nil
        }
        func side(_ cells: [(price: String?, size: String?)]) throws(PluginError) -> [OrderBook.Level] {
            var levels: [OrderBook.Level] = []
            for cell in cells { if let level = try level(cell) { levels.append(level) } }
            return levels
        }
        let (bids, asks) = (try side(bids), try side(asks))
        guard !bids.isEmpty || !asks.isEmpty else {
            throw PluginError(
                .noData,
                "\(question.owner): \(response.place) has no orders of \(question.what): suspended, or before the auction. Ask "
                    + "while it trades.")
        }
        return OrderBook(
            time: try time(response, question), bids: bids, asks: asks, instrument: question.target.reference.id)
    }

    private func time(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> Int64 {
        guard let time else { return question.now }
        if let written = TimePattern.detect(time.utf8.span)?.parse(time.utf8.span), written.hasTimeOfDay,
            let instant = written.instant(in: question.target.zone)
        {
            return instant
        }
        throw question.malformed(response, "is of the time \(PluginError.quoted(time)), a local time is needed")
    }
}

extension HTTPAddress {
    /// Returns the address with a path that has characters `path` would encode; `nil` where it is none.
    func literal(_ path: String) -> HTTPAddress? {
        HTTPAddress((text.hasSuffix("/") ? String(text.dropLast()) : text) + path)
    }
}
