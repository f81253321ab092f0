import Foundation
import Glibc
import HostCore
import HostStorage
import PluginKit
import Synchronization

/// A clock that a test sets.
final class SetClock: Sendable {
    private let time = Mutex<Int64>(0)

    func set(_ value: Int64) { time.withLock { $0 = value } }

    var read: @Sendable () -> Int64 { { self.time.withLock { $0 } } }
}

let day: Int64 = 86_400 * 1_000_000_000
let daily = Timeframe(1, .day)
let apple = Instrument(code: "AAPL", venue: "US")
let maotai = Instrument(code: "600519", venue: "SH")
let anyTime = Int64.min...Int64.max

/// Bars of consecutive days with prices that follow from the day.
func makeBars(_ instrument: InstrumentID, days: Range<Int>, shift: Double = 0) -> [Bar] {
    days.map { number in
        let price = 100 + Double(number % 50) + shift
        return Bar(
            time: Int64(number) * day, open: price, high: price + 1, low: price - 1, close: price + 0.5,
            volume: 1_000 + Double(number), instrument: instrument)
    }
}

extension Bar {
    /// Equality that takes NaN for NaN.
    func isSame(as other: Bar) -> Bool {
        time == other.time && open == other.open && high == other.high && low == other.low && close == other.close
            && volume == other.volume && (amount == other.amount || (amount.isNaN && other.amount.isNaN))
            && flags == other.flags && instrument == other.instrument
    }
}

extension StateDatabase {
    /// Stores bars as a pipeline named like their source does, in one delivery.
    func store(
        _ bars: [Bar], source: String, timeframe: Timeframe, arrival: Int64? = nil
    ) async throws(PluginError) {
        try await store([
            StoreEntry(
                pipeline: source, timeframe: timeframe, provenance: Provenance(source: source), events: .bars(bars),
                arrival: arrival)
        ])
    }
}
