import ArgumentParser
import BinanceProvider
import CAllocationCounter
import DelimitedText
import FoundationEssentials
import JSONReading
import PluginKit

/// Reading messages that Binance sent, one after the other on one thread, and keeping the book of them.
struct BinanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "binance")

    @Option(help: "The recording, packed.")
    var recording = "../shared/data/market/hftbacktest/spot_btcusdt_20240808.gz"
    @Option(help: "Trades to read.") var trades = 3_000_000
    @Option(help: "Levels of the book to change.") var levels = 6_000_000

    private static let subject = JSONSubject("bench")

    func run() throws {
        guard let packed = FileManager.default.contents(atPath: recording) else {
            print("SKIPPED binance: there is no \(recording).")
            return
        }
        var messages: [BinanceFrame.Kind: [[UInt8]]] = [:]
        var frame = BinanceFrame()
        for line in try GzipBytes.unpacked([UInt8](packed), limit: 1 << 28).split(separator: UInt8(ascii: "\n")) {
            let bytes = Array(line.drop { $0 != UInt8(ascii: "{") })
            try frame.read(bytes, Self.subject)
            messages[frame.kind, default: []].append(bytes)
        }
        try readTrades(messages[.trade] ?? [])
        let snapshot = messages[.snapshot]?.first ?? []
        try keepBook(snapshot, messages[.depth] ?? [])
        try compareBook(snapshot, messages[.depth] ?? [], with: messages[.quote] ?? [])
    }

    /// The best bid and ask of the book after each of its changes, beside those of the last quote up to that update, sizes included.
    private func compareBook(_ snapshot: [UInt8], _ changes: [[UInt8]], with quotes: [[UInt8]]) throws {
        var (frame, book) = (BinanceFrame(), LocalBook())
        let best = try quotes.map { message in
            try frame.read(message, Self.subject)
            return (frame.lastUpdate, [frame.bid, frame.bidSize, frame.ask, frame.askSize])
        }
        try frame.read(snapshot, Self.subject)
        book.begin(frame.lastUpdate, bids: frame.bids, asks: frame.asks)
        var (place, compared, same) = (-1, 0, 0)
        for message in changes {
            try frame.read(message, Self.subject)
            guard book.take(frame) == .applied else { continue }
            while place + 1 < best.count, best[place + 1].0 <= frame.lastUpdate { place += 1 }
            guard place >= 0 else { continue }
            let (bid, ask) = (book.bids.top(1)[0], book.asks.top(1)[0])
            compared += 1
            if [bid.price, bid.size, ask.price, ask.size] == best[place].1 { same += 1 }
        }
        precondition(compared > 0, "the recording has quotes")
        printResult("binance_books_compared", Double(compared), "books")
        printResult("binance_books_that_differ", Double(compared - same), "books")
    }

    private func readTrades(_ messages: [[UInt8]]) throws {
        var frame = BinanceFrame()
        var (count, sum) = (0, 0.0)
        let start = ContinuousClock.now
        while count < trades {
            for message in messages {
                try frame.read(message, Self.subject)
                sum += frame.price * frame.size
            }
            count += messages.count
        }
        let span = start.duration(to: .now).inSeconds
        precondition(sum > 0)
        printResult("binance_trades_per_second", Double(count) / span, "trades/s")
    }

    /// The first round warms up; its allocations do not count.
    private func keepBook(_ snapshot: [UInt8], _ messages: [[UInt8]]) throws {
        var (frame, book) = (BinanceFrame(), LocalBook())
        var (changed, taken, sum, allocations) = (0, 0, 0.0, UInt64(0))
        var span = Duration.zero
        while changed < levels {
            try frame.read(snapshot, Self.subject)
            book.begin(frame.lastUpdate, bids: frame.bids, asks: frame.asks)
            let (before, start) = (allocation_count(), ContinuousClock.now)
            var round = 0
            for message in messages {
                try frame.read(message, Self.subject)
                guard book.take(frame) == .applied else { continue }
                round += frame.bids.count + frame.asks.count
                taken += 1
                sum += book.bids.top(1)[0].price
            }
            span += start.duration(to: .now)
            if changed > 0 { allocations += allocation_count() - before }
            changed += round
        }
        precondition(sum > 0)
        printResult("binance_levels_per_second", Double(changed) / span.inSeconds, "levels/s")
        printResult("binance_depth_messages_per_second", Double(taken) / span.inSeconds, "messages/s")
        printResult("binance_book_allocations", Double(allocations), "allocations")
    }
}
