import CivilTime
import DelimitedText
import FetchAssembly
public import PluginKit
import SocketStream

extension Binance {
    /// Pushes what Binance's streams tell, or a recording of them.
    ///
    /// Bars begin with those there are since the position or `since`, trades with those after the position; quotes and
    /// books begin now. Where the subscription does not wait, what can be asked for is all.
    public func stream(
        _ subscription: Subscription, into receiver: any EventReceiver
    ) async throws(PluginError) {
        switch subscription.kind {
        case .bar:
            guard let interval = BinanceMessages.interval(subscription.timeframe) else {
                throw PluginError(
                    .badRequest,
                    "\(instance): Binance has no bars of \(subscription.timeframe); allowed \(BinanceMessages.intervals). "
                        + "Route this timeframe to another provider.")
            }
            try await run(BarFeed.self, "@kline_\(interval)", subscription, receiver)
        case .trade: try await run(TradeFeed.self, "@aggTrade", subscription, receiver)
        case .quote: try await run(QuoteFeed.self, "@bookTicker", subscription, receiver)
        case .orderBook: try await run(BookFeed.self, "@depth@100ms", subscription, receiver)
        default:
            throw PluginError(
                .unsupported,
                "\(instance): does not push \(subscription.kind.rawValue) events. Route this to another provider.")
        }
    }

    private func run<Feed: BinanceFeed>(
        _ type: Feed.Type, _ suffix: String, _ subscription: Subscription, _ receiver: any EventReceiver
    ) async throws(PluginError) {
        let (known, line) = try BinancePosition.read(subscription.resumeAfter, subscription.kind, instance)
        let symbols = try BinanceSymbols(subscription.instruments, instance)
        let plan = BinanceFeedPlan(
            symbols: symbols, known: known, timeframe: subscription.timeframe, depth: depth)
        var stream = BinanceStream<Feed>(
            plan, suffix, owner: instance, source: recording == nil ? self : nil, into: receiver)
        if let recording {
            stream.resumesAfter = line
            return try await play(recording, &stream)
        }
        guard subscription.waitsForMore || subscription.kind == .bar else {
            return try await giveWhatThereIs(subscription, &stream)
        }
        try await stream.begin()
        guard subscription.waitsForMore else { return }
        try await session.run(&stream)
    }

    /// Pushes the newest there is.
    private func giveWhatThereIs<Feed: BinanceFeed>(
        _ subscription: Subscription, _ stream: inout BinanceStream<Feed>
    ) async throws(PluginError) {
        let reply = try await fetch(
            FetchRequest(subscription.kind, of: subscription.instruments, timeframe: subscription.timeframe))
        stream.add(FetchedEvents(try reply.events(Feed.Event.self), defects: reply.defects))
        try await stream.flush()
    }

    /// Plays a file of messages, each a line: when it came in nanoseconds, a space, the message; or the message alone.
    private func play<Feed: BinanceFeed>(
        _ path: String, _ stream: inout BinanceStream<Feed>
    ) async throws(PluginError) {
        let reader = RecordReader(path: path, format: RecordFormat(delimiter: UInt8(ascii: " ")))
        do {
            while try reader.next() {
                let last = reader.fieldCount - 1
                guard last >= 0 else { continue }
                let bytes = reader.withField(last) { text in text.indices.map { text[$0] } }
                let stamp = last > 0 ? reader.text(0).flatMap { Int64($0) } : nil
                stream.line = reader.recordNumber
                try await stream.take(SocketMessage(bytes, arrival: stamp ?? WallClock.now()))
                if reader.recordNumber == stream.resumesAfter { try await stream.flush() }
            }
        } catch let error as TextError {
            throw PluginError(
                .environment, "\(instance): the recording \(error.description) Correct 'recording'.", cause: error)
        } catch let error as PluginError {
            throw error
        } catch {
            throw PluginError(.environment, "\(instance): the recording cannot be read (\(error)).", cause: error)
        }
        try await stream.flush()
    }
}
