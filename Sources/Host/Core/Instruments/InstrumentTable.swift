package import PluginKit
import Synchronization

/// Interns instruments: each gets a dense number when it is first named, at the edge of the host.
package final class InstrumentTable: InstrumentDirectory {
    private struct State {
        var instruments: [Instrument] = []
        var ids: [Instrument: InstrumentID] = [:]
    }

    private let state = Mutex(State())

    /// Creates an empty table.
    package init() {}

    /// Returns the instrument's number, giving it one if it has none.
    package func intern(_ instrument: Instrument) -> InstrumentID {
        state.withLock { state in
            if let id = state.ids[instrument] { return id }
            let id = InstrumentID(rawValue: UInt32(state.instruments.count))
            state.instruments.append(instrument)
            state.ids[instrument] = id
            return id
        }
    }

    /// Returns the instrument behind a number this table gave out; another number gives `?.UNKNOWN`.
    package func instrument(_ id: InstrumentID) -> Instrument {
        state.withLock { state in
            let index = Int(id.rawValue)
            guard index < state.instruments.count else { return Instrument(code: "?", venue: "UNKNOWN") }
            return state.instruments[index]
        }
    }

    /// Returns the number of an instrument, or `nil` where it was never named.
    package func id(of instrument: Instrument) -> InstrumentID? {
        state.withLock { $0.ids[instrument] }
    }

    /// How many instruments there are.
    package var count: Int { state.withLock { $0.instruments.count } }
}
