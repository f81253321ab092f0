package import PluginKit

/// At which price of the next bar an order is filled, how much of its volume it may be, and what the spread costs.
package struct Execution: Sendable, Hashable {
    /// The price.
    package enum Pricing: String, Sendable, Hashable, CaseIterable {
        /// The first price of the next bar.
        case nextOpen = "next_open"
        /// The mean price of the next bar: its value by its volume; where that is not known the mean of high, low and close.
        case nextVWAP = "next_vwap"
        /// The order's own limit, from the close it was decided at; it may not be reached.
        case limit
    }

    package var pricing: Pricing
    /// How far below the close the limit of a buy lies, above it of a sale; a fraction, negative for beyond.
    package var offset: Double
    /// Greatest part of a bar's volume that one order may be.
    package var participation: Double
    /// The spread as a fraction of the price.
    package var spread: Double
    /// What an order that takes liquidity pays, in spreads.
    package var slippage: Double
    /// Bars of its instrument that an order waits for.
    package var patience: Int

    /// Creates a model.
    package init(
        _ pricing: Pricing = .nextOpen, offset: Double = 0, participation: Double = 0.1, spread: Double = 0.0002,
        slippage: Double = 0.5, patience: Int = 1
    ) {
        self.pricing = pricing
        self.offset = offset
        self.participation = participation
        self.spread = spread
        self.slippage = slippage
        self.patience = patience
    }

    /// Returns the limit of an order that is decided at a close; `nil` where orders have none.
    func limit(_ side: OrderSide, at close: Fixed, _ rules: DayRules) -> Fixed? {
        guard pricing == .limit else { return nil }
        let step = close.part(Int64((offset * 1e9).rounded()))
        return (side == .buy ? close - step : close + step).rounded(to: rules.tick)
    }
}

/// A bar as execution sees it: exact prices, the day's limits, and whether it traded.
package struct ExecutionBar: Sendable {
    package let time: Int64
    /// The venue's day.
    package let day: Int32
    package let open: Fixed
    package let high: Fixed
    package let low: Fixed
    package let close: Fixed
    /// What may be traded of it at most; `nil` where the volume is not known.
    package let volume: Double?
    /// Mean price, where value and volume are known.
    package let mean: Fixed?
    package internal(set) var band: (low: Fixed, high: Fixed)?
    /// Whether all of it lies within a closing auction, where there is one price.
    package internal(set) var isAuction = false

    /// Takes a bar; `nil` where a price is none.
    package init?(_ bar: Bar, day: Int32, band: (low: Fixed, high: Fixed)? = nil) {
        guard let open = Fixed(bar.open), let high = Fixed(bar.high), let low = Fixed(bar.low),
            let close = Fixed(bar.close), low > .zero
        else { return nil }
        (time, self.day, self.band) = (bar.time, day, band)
        (self.open, self.high, self.low, self.close) = (open, high, low, close)
        let isStandIn = bar.flags.contains(.filled)
        volume = isStandIn ? 0 : bar.volume.isFinite ? bar.volume : nil
        let mean = bar.amount / bar.volume
        self.mean = mean.isFinite && mean >= bar.low && mean <= bar.high ? Fixed(mean) : nil
    }

    /// Whether nobody could buy: it never traded below its upper limit.
    package var isSealedUp: Bool { band.map { low >= $0.high } ?? false }
    /// Whether nobody could sell: it never traded above its lower limit.
    package var isSealedDown: Bool { band.map { high <= $0.low } ?? false }
    /// Whether nothing was traded.
    package var isSuspended: Bool { volume.map { $0 <= 0 } ?? false }
}

extension Execution {
    /// Returns the price at which an order would be filled at a bar.
    func price(_ order: Order, _ bar: ExecutionBar) -> Result<Fixed, Refusal> {
        if bar.isSuspended { return .failure(.suspended) }
        if order.side == .buy, bar.isSealedUp { return .failure(.limitUp) }
        if order.side == .sell, bar.isSealedDown { return .failure(.limitDown) }
        if let limit = order.limit { return reached(limit, order.side, bar) }
        // What waits at the limit is filled there once the bar trades away from it, so no order is filled beyond the limit.
        switch pricing {
        case .nextVWAP where !bar.isAuction:
            let sum = bar.high.raw / 3 + bar.low.raw / 3 + bar.close.raw / 3
            return .success(slipped(bar.mean ?? Fixed(raw: sum), order.side, bar))
        default: return .success(slipped(bar.isAuction ? bar.close : bar.open, order.side, bar))
        }
    }

    /// A limit order is filled where the bar trades through its price: to touch it is not enough.
    private func reached(_ limit: Fixed, _ side: OrderSide, _ bar: ExecutionBar) -> Result<Fixed, Refusal> {
        if let band = bar.band, limit > band.high || limit < band.low { return .failure(.outsideLimits) }
        if bar.isAuction {
            let isFilled = side == .buy ? bar.close <= limit : bar.close >= limit
            return isFilled ? .success(bar.close) : .failure(.notReached)
        }
        if side == .buy {
            if bar.open <= limit { return .success(bar.open) }
            return bar.low < limit ? .success(limit) : .failure(.notReached)
        }
        if bar.open >= limit { return .success(bar.open) }
        return bar.high > limit ? .success(limit) : .failure(.notReached)
    }

    private func slipped(_ price: Fixed, _ side: OrderSide, _ bar: ExecutionBar) -> Fixed {
        let cost = spread * slippage
        guard cost > 0 else { return price }
        let step = price.part(Int64((cost * 1e9).rounded()))
        let worse = side == .buy ? price + step : price - step
        guard let band = bar.band else { return worse }
        return side == .buy ? max(price, min(worse, band.high)) : min(price, max(worse, band.low))
    }

    /// Returns how much of a bar's volume an order may be; `nil` for any.
    func volume(of bar: ExecutionBar) -> Fixed? {
        guard let volume = bar.volume, participation < 1 else { return nil }
        return Fixed(volume * participation) ?? Fixed(raw: .max)
    }
}
