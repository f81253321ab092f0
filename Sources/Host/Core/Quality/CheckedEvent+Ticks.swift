package import PluginKit

extension Trade: CheckedEvent {
    package static var hasLevels: Bool { true }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        guard price.isFinite, size.isFinite else { return .nonFinite }
        guard rules.hasAnySign || price > 0 else { return .nonPositivePrice }
        return size > 0 ? nil : .nonPositiveSize
    }

    package var text: String { "time=\(time) price=\(price) size=\(size) side=\(side)" }
}

extension Quote: CheckedEvent {
    /// The middle of both sides; the one there is where the other is empty.
    package var price: Double { bid.isNaN ? ask : ask.isNaN ? bid : bid + (ask - bid) / 2 }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        guard !(bid.isNaN && ask.isNaN), !bid.isInfinite, !ask.isInfinite else { return .nonFinite }
        // A side that is empty has no size either.
        let (bidden, asked) = (bid.isNaN ? 0 : bidSize, ask.isNaN ? 0 : askSize)
        guard bidden.isFinite, asked.isFinite else { return .nonFinite }
        guard rules.hasAnySign || ((bid.isNaN || bid > 0) && (ask.isNaN || ask > 0)) else { return .nonPositivePrice }
        return bidden >= 0 && asked >= 0 ? nil : .nonPositiveSize
    }

    package var doubt: QualityDoubt? {
        if bid > ask { return .crossed }
        return (!bid.isNaN && bidSize == 0) || (!ask.isNaN && askSize == 0) ? .zeroSize : nil
    }

    package var text: String { "time=\(time) bid=\(bid) ask=\(ask) bid_size=\(bidSize) ask_size=\(askSize)" }
}

extension OrderBook: CheckedEvent {
    /// The middle of both best prices; the one there is where the other side is empty, NaN where both are.
    package var price: Double {
        guard let bid = bids.first?.price else { return asks.first?.price ?? .nan }
        return asks.first.map { bid + ($0.price - bid) / 2 } ?? bid
    }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        if let fault = Self.fault(bids, <, rules) ?? Self.fault(asks, >, rules) { return fault }
        guard let bid = bids.first, let ask = asks.first else { return nil }
        return bid.price < ask.price ? nil : .crossed
    }

    /// Books come in the order of the venue's numbers, where it gives some.
    package func order(after last: OrderBook) -> QualityReason? {
        if time < last.time { return .outOfOrder }
        return sequence > 0 && last.sequence > 0 && sequence <= last.sequence ? .outOfSequence : nil
    }

    package func message(_ reason: QualityReason) -> String {
        switch reason {
        case .crossed:
            "the best bid \(bids.first?.price ?? .nan) is not below the best ask \(asks.first?.price ?? .nan) of the same book."
        case .levelsOutOfOrder: "a level is not behind the one before it; allowed are the best first, each price once."
        case .outOfSequence:
            "its number \(sequence) does not follow that of the book before; allowed are growing numbers."
        default: "it is refused as \(reason.rawValue)."
        }
    }

    package var text: String {
        let sides = [bids, asks].map { side in side.map { "\($0.price)x\($0.size)" }.joined(separator: ",") }
        return "time=\(time) sequence=\(sequence) bids=\(sides[0]) asks=\(sides[1])"
    }

    private static func fault(
        _ side: Side, _ isBehind: (Double, Double) -> Bool, _ rules: QualityRules
    ) -> QualityReason? {
        for (position, level) in side.enumerated() {
            guard level.price.isFinite, level.size.isFinite else { return .nonFinite }
            guard rules.hasAnySign || level.price > 0 else { return .nonPositivePrice }
            guard level.size > 0 else { return .nonPositiveSize }
            if position > 0, !isBehind(level.price, side[position - 1].price) { return .levelsOutOfOrder }
        }
        return nil
    }
}
