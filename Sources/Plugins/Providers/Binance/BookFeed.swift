import FetchAssembly
import JSONReading
import PluginKit
import SocketStream

/// Books kept from a snapshot and the changes since.
struct BookFeed: BinanceFeed {
    static let kind = BinanceFrame.Kind.depth
    /// Changes kept while there is no snapshot; of more, the oldest go.
    private static let limit = 1_000
    /// Snapshots that are asked for until one is newer than the first change.
    private static let tries = 5

    private let symbols: BinanceSymbols
    private let depth: Int
    private(set) var books: [LocalBook]
    private var early: [[SocketMessage]]
    /// For what came early.
    private var frame = BinanceFrame()

    init(_ plan: BinanceFeedPlan) {
        symbols = plan.symbols
        depth = plan.depth
        books = symbols.texts.map { _ in LocalBook() }
        early = symbols.texts.map { _ in [] }
    }

    mutating func take(
        _ frame: BinanceFrame, _ slot: Int, _ message: SocketMessage, into found: inout FetchedEvents<OrderBook>
    ) -> MissingPart? {
        switch books[slot].take(frame) {
        case .applied:
            append(frame.sent, slot, into: &found)
            return nil
        case .known: return nil
        case .early: break
        case .gap:
            found.defects.append(
                Self.gap(
                    symbols.references[slot].id,
                    "changes before update \(frame.firstUpdate) of \(symbols.texts[slot]) are missing; its book begins anew."
                ))
        }
        if early[slot].count == Self.limit { early[slot].removeFirst() }
        early[slot].append(message)
        return .snapshot
    }

    mutating func begin(_ snapshot: BinanceFrame, _ slot: Int, into found: inout FetchedEvents<OrderBook>) {
        _ = join(snapshot, slot, into: &found)
    }

    mutating func fill(
        _ missing: MissingPart, _ slot: Int, from binance: Binance, into found: inout FetchedEvents<OrderBook>
    ) async throws(PluginError) {
        for _ in 0..<Self.tries {
            let snapshot = try await binance.snapshot(symbols.references[slot], symbols.texts[slot])
            if join(snapshot, slot, into: &found) { return }
        }
        throw PluginError(
            .transient,
            "\(binance.instance): \(Self.tries) snapshots of the book of \(symbols.texts[slot]) were older than its stream. "
                + "It begins anew.")
    }

    /// Begins a book with a snapshot and what came before it; returns whether both fit together.
    private mutating func join(
        _ snapshot: BinanceFrame, _ slot: Int, into found: inout FetchedEvents<OrderBook>
    ) -> Bool {
        let before = found.events.count
        books[slot].begin(snapshot.lastUpdate, bids: snapshot.bids, asks: snapshot.asks)
        for message in early[slot] {
            guard (try? frame.read(message.bytes, JSONSubject(""))) != nil else { continue }
            switch books[slot].take(frame) {
            case .applied: append(frame.sent, slot, into: &found)
            case .known, .early: break
            case .gap:
                // The snapshot is older than the first change that is there.
                found.events.removeLast(found.events.count - before)
                return false
            }
        }
        early[slot] = []
        return true
    }

    mutating func lost(into found: inout FetchedEvents<OrderBook>) {
        for slot in books.indices {
            books[slot].clear()
            early[slot] = []
        }
        found.defects.append(
            Self.gap(
                nil, "the stream broke off; changes until it is connected again are missing, the books begin anew."))
    }

    private func append(_ sent: Int64, _ slot: Int, into found: inout FetchedEvents<OrderBook>) {
        guard let time = BinanceMessages.nanoseconds(sent) else {
            found.defects.append(Self.untimed(symbols.references[slot].id, sent))
            return
        }
        found.events.append(
            OrderBook(
                time: time, sequence: books[slot].lastUpdate ?? 0, bids: books[slot].bids.top(depth),
                asks: books[slot].asks.top(depth), instrument: symbols.references[slot].id))
    }
}
