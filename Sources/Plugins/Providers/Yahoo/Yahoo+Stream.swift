public import PluginKit
import SocketStream

extension Yahoo {
    /// Pushes quotes or trades as Yahoo's streamer tells them, from now on; quotes are asked for where the subscription does not
    /// wait.
    public func stream(
        _ subscription: Subscription, into receiver: any EventReceiver
    ) async throws(PluginError) {
        let kind = subscription.kind
        guard kind == .quote || kind == .trade else {
            throw PluginError(
                .unsupported,
                "\(options.instance): does not push \(kind.rawValue) events. Route this to another provider.")
        }
        if let position = subscription.resumeAfter, position.text != kind.rawValue {
            throw PluginError(
                .badRequest,
                "\(options.instance): the position \(PluginError.quoted(position.text)) is none of this stream. Begin anew."
            )
        }
        guard subscription.waitsForMore else {
            guard kind == .quote else { return }
            let reply = try await fetch(FetchRequest(.quote, of: subscription.instruments))
            return try await receiver.receive(
                Delivery(batch: reply.batch, position: StreamPosition(kind.rawValue), defects: reply.defects))
        }
        var names: [String: InstrumentReference] = [:]
        for reference in subscription.instruments {
            names[try YahooSymbol.text(reference.instrument, options)] = reference
        }
        var stream = YahooStream(names, units: try await units(names), kind, options, into: receiver)
        try await sockets.run(&stream)
    }

    /// Asks in what currency those are told that may be in a hundredth of one, as London's are: messages do not say it.
    private func units(_ names: [String: InstrumentReference]) async throws(PluginError) -> [String: Double] {
        var units: [String: Double] = [:]
        guard options.convertsMinorUnits else { return units }
        for (symbol, reference) in names where [".L", ".JO", ".TA"].contains(where: { symbol.hasSuffix($0) }) {
            let chart = try await lastChart(symbol, "'\(reference.instrument)'")
            units[symbol] = options.unit(of: chart.currency)
        }
        return units
    }
}
