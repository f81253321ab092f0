package import PluginKit
import Synchronization

/// The way of prices from pipelines to the risk service: of each instrument the newest waits, and nobody else does.
///
/// A pipeline writes under a lock that is held for as long as it takes to copy numbers, and only those of instruments that a
/// position is in. Where the reader falls behind, prices it has not taken are replaced by newer ones, and counted.
package final class PriceFeed: Sendable {
    /// A price on its way.
    package struct Price: Sendable, Hashable {
        /// The instrument.
        package let instrument: InstrumentID
        /// The price: a bar's close, a trade's price, the middle of bid and ask.
        package let price: Double
        /// Event time.
        package let time: Int64
    }

    private struct State {
        var watched: [Bool] = []
        var waiting: [InstrumentID: Price] = [:]
        var offered = 0
        var replaced = 0
        var newest: Int64 = .min
        var signal = StopSignal()
    }

    private let state = Mutex(State())
    private let isWatching = Atomic(false)

    /// Creates a feed that takes nothing yet.
    package init() {}

    /// From now on takes the prices of these instruments.
    package func watch(_ instruments: [InstrumentID]) {
        state.withLock { state in
            state.watched = Array(repeating: false, count: (instruments.map { Int($0.rawValue) }.max() ?? -1) + 1)
            for id in instruments { state.watched[Int(id.rawValue)] = true }
        }
        isWatching.store(!instruments.isEmpty, ordering: .releasing)
    }

    /// How many prices came, and how many of them were replaced by newer ones before anybody looked.
    package var counts: (offered: Int, replaced: Int) { state.withLock { ($0.offered, $0.replaced) } }

    /// The newest event time that came; `.min` before the first.
    package var newest: Int64 { state.withLock { $0.newest } }

    /// Takes the prices of events.
    package func offer(_ events: EventBatch) {
        guard isWatching.load(ordering: .acquiring) else { return }
        switch events {
        case .bars(let bars): offer(bars)
        case .trades(let trades): offer(trades)
        case .quotes(let quotes): offer(quotes)
        case .orderBooks(let books): offer(books)
        case .figures, .factors: return
        }
    }

    private func offer<Event: CheckedEvent>(_ events: [Event]) {
        let signal = state.withLock { state -> StopSignal? in
            let wasEmpty = state.waiting.isEmpty
            for event in events {
                let place = Int(event.instrument.rawValue)
                guard place < state.watched.count, state.watched[place] else { continue }
                state.offered += 1
                state.newest = max(state.newest, event.time)
                if let held = state.waiting[event.instrument] {
                    state.replaced += 1
                    guard event.time >= held.time else { continue }
                }
                state.waiting[event.instrument] = Price(
                    instrument: event.instrument, price: event.price, time: event.time)
            }
            return wasEmpty && !state.waiting.isEmpty ? state.signal : nil
        }
        signal?.fire()
    }

    /// Takes what waits, by time.
    package func take() -> [Price] {
        state.withLock { state in
            defer {
                state.waiting.removeAll(keepingCapacity: true)
                if state.signal.isFired { state.signal = StopSignal() }
            }
            return state.waiting.values.sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        }
    }

    /// Returns once something waits, or after a span.
    package func wait(atMost span: Duration) async {
        let signal = state.withLock { $0.signal }
        _ = await signal.wait(atMost: span, clock: ContinuousClock())
    }
}
