import PluginKit

extension Bar {
    package static var fieldNames: [String] { ["open", "high", "low", "close", "volume", "amount"] }

    package func field(_ index: Int) -> Double {
        switch index {
        case 0: open
        case 1: high
        case 2: low
        case 3: close
        case 4: volume
        default: amount
        }
    }
}

extension Trade {
    package static var fieldNames: [String] { ["price", "size"] }

    package func field(_ index: Int) -> Double { index == 0 ? price : size }
}

extension Quote {
    package static var fieldNames: [String] { ["bid", "ask", "bid_size", "ask_size"] }

    package func field(_ index: Int) -> Double {
        switch index {
        case 0: bid
        case 1: ask
        case 2: bidSize
        default: askSize
        }
    }
}

extension OrderBook {
    package static var fieldNames: [String] { Quote.fieldNames }

    /// The best level of each side; NaN where a side is empty.
    package func field(_ index: Int) -> Double {
        switch index {
        case 0: bids.first?.price ?? .nan
        case 1: asks.first?.price ?? .nan
        case 2: bids.first?.size ?? .nan
        default: asks.first?.size ?? .nan
        }
    }
}

extension Figure {
    package static var fieldNames: [String] { [] }

    package func field(_ index: Int) -> Double { value }
}

extension Factor {
    package static var fieldNames: [String] { ["ratio", "cash", "rights", "rights_price"] }

    package func field(_ index: Int) -> Double {
        switch index {
        case 0: ratio
        case 1: cash
        case 2: rights
        default: rightsPrice
        }
    }
}
