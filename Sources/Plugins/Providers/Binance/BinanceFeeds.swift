import FetchAssembly
import PluginKit
import SocketStream

/// Trades by their numbers: none is lost, none comes twice.
struct TradeFeed: BinanceFeed {
    static let kind = BinanceFrame.Kind.trade
    private let symbols: BinanceSymbols
    private var last: [Int64?]

    init(_ plan: BinanceFeedPlan) {
        symbols = plan.symbols
        last = symbols.texts.map { plan.known[$0] }
    }

    mutating func take(
        _ frame: BinanceFrame, _ slot: Int, _ message: SocketMessage, into found: inout FetchedEvents<Trade>
    ) -> MissingPart? {
        if let known = last[slot] {
            guard frame.id > known else { return nil }
            guard frame.id == known + 1 else { return .trades(known + 1...frame.id - 1) }
        }
        last[slot] = frame.id
        guard let time = BinanceMessages.nanoseconds(frame.time) else {
            found.defects.append(Self.untimed(symbols.references[slot].id, frame.time))
            return nil
        }
        found.events.append(
            Trade(
                time: time, price: frame.price, size: frame.size, side: frame.isBuyerMaker ? .sell : .buy,
                instrument: symbols.references[slot].id))
        return nil
    }

    mutating func skip(_ missing: MissingPart, _ slot: Int, into found: inout FetchedEvents<Trade>) -> Bool {
        guard case .trades(let numbers) = missing else { return false }
        found.defects.append(
            Self.gap(
                symbols.references[slot].id,
                "trades \(numbers.lowerBound) to \(numbers.upperBound) of \(symbols.texts[slot]) are missing."))
        last[slot] = numbers.upperBound
        return true
    }

    mutating func fill(
        _ missing: MissingPart, _ slot: Int, from binance: Binance, into found: inout FetchedEvents<Trade>
    ) async throws(PluginError) {
        guard case .trades(let numbers) = missing else { return }
        found.add(try await binance.trades(numbers, symbols.references[slot], symbols.texts[slot]))
        last[slot] = numbers.upperBound
    }

    func known(_ slot: Int) -> Int64? { last[slot] }
}

/// Best bids and asks; of two with the number of one update the first counts.
struct QuoteFeed: BinanceFeed {
    static let kind = BinanceFrame.Kind.quote
    private let symbols: BinanceSymbols
    private var last: [Int64]

    init(_ plan: BinanceFeedPlan) {
        symbols = plan.symbols
        last = Array(repeating: 0, count: symbols.count)
    }

    mutating func take(
        _ frame: BinanceFrame, _ slot: Int, _ message: SocketMessage, into found: inout FetchedEvents<Quote>
    ) -> MissingPart? {
        guard frame.lastUpdate > last[slot], frame.bid > 0 || frame.ask > 0 else { return nil }
        last[slot] = frame.lastUpdate
        // An empty side is told as zeros.
        found.events.append(
            Quote(
                time: message.arrival, bid: frame.bid > 0 ? frame.bid : .nan, ask: frame.ask > 0 ? frame.ask : .nan,
                bidSize: frame.bidSize, askSize: frame.askSize, instrument: symbols.references[slot].id))
        return nil
    }

    mutating func lost(into found: inout FetchedEvents<Quote>) {
        found.defects.append(
            Self.gap(
                nil, "the stream broke off; quotes until it is connected again are missing, the source keeps none."))
    }
}

/// Bars that have ended, each after the one before.
struct BarFeed: BinanceFeed {
    static let kind = BinanceFrame.Kind.bar
    private static let day: Int64 = 86_400_000_000_000
    private let symbols: BinanceSymbols
    private let timeframe: Timeframe
    /// Where the bars that are there end, milliseconds.
    private var ends: [Int64?]

    init(_ plan: BinanceFeedPlan) {
        symbols = plan.symbols
        timeframe = plan.timeframe
        ends = symbols.texts.map { plan.known[$0].flatMap { BinanceMessages.nanoseconds($0) == nil ? nil : $0 } }
    }

    /// All there are that have ended.
    func missingAtStart(_ slot: Int) -> MissingPart? { .bars((ends[slot] ?? .min)..<Int64.max) }

    mutating func take(
        _ frame: BinanceFrame, _ slot: Int, _ message: SocketMessage, into found: inout FetchedEvents<Bar>
    ) -> MissingPart? {
        let bar = frame.bar
        // No bar begins a day after its message.
        guard let start = BinanceMessages.nanoseconds(bar.start), start / 2 <= message.arrival / 2 + Self.day / 2 else {
            found.defects.append(Self.untimed(symbols.references[slot].id, bar.start))
            return nil
        }
        let end = ends[slot] ?? bar.start
        guard bar.start >= end else { return nil }
        guard bar.start == end else { return .bars(end..<bar.start) }
        ends[slot] = end
        guard bar.isClosed else { return nil }
        guard let time = BinanceMessages.nanoseconds(bar.last, plus: 1) else {
            found.defects.append(Self.untimed(symbols.references[slot].id, bar.last))
            return nil
        }
        ends[slot] = bar.last + 1
        let values = bar.values
        found.events.append(
            Bar(
                time: time, open: values.open, high: values.high, low: values.low, close: values.close,
                volume: values.volume, amount: values.amount, instrument: symbols.references[slot].id))
        return nil
    }

    mutating func skip(_ missing: MissingPart, _ slot: Int, into found: inout FetchedEvents<Bar>) -> Bool {
        guard case .bars(let span) = missing else { return false }
        found.defects.append(
            Self.gap(
                symbols.references[slot].id,
                "bars of \(symbols.texts[slot]) from \(span.lowerBound) to \(span.upperBound) ms are missing."))
        ends[slot] = span.upperBound
        return true
    }

    mutating func fill(
        _ missing: MissingPart, _ slot: Int, from binance: Binance, into found: inout FetchedEvents<Bar>
    ) async throws(PluginError) {
        guard case .bars(let span) = missing else { return }
        // The time of a bar is its end.
        let first = span.lowerBound == .min ? span.lowerBound : span.lowerBound * 1_000_000 + 1
        let last = span.upperBound == .max ? span.upperBound : span.upperBound * 1_000_000
        let request = FetchRequest(
            .bar, of: [symbols.references[slot]], timeframe: timeframe, range: first...max(first, last))
        do throws(PluginError) {
            let reply = try await binance.fetch(request)
            let whole = try reply.events(Bar.self).filter { !$0.flags.contains(.partial) }
            found.add(FetchedEvents(whole, defects: reply.defects))
            if let newest = whole.last { ends[slot] = newest.time / 1_000_000 }
        } catch {
            // Nothing new is no fault, and a symbol that is not there takes none of the others along.
            guard error.code == .noData || error.code == .notFound else { throw error }
            if error.code == .notFound {
                found.defects.append(
                    Defect(
                        instrument: symbols.references[slot].id, place: "stream", reason: "not_found",
                        message: error.message, raw: ""))
            }
        }
        if span.upperBound < .max { ends[slot] = span.upperBound }
    }

    func known(_ slot: Int) -> Int64? { ends[slot] }
}
