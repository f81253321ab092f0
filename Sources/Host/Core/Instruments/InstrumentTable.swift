package import PluginKit
import Synchronization

/// Interns instruments: each gets a dense number when it is first named, at the edge of the host.
package final class InstrumentTable: InstrumentDirectory {
    private struct State {
        var instruments: [Instrument] = []
        var ids: [Instrument: InstrumentID] = [:]
        /// By the code alone, as outputs show it.
        var codes: [String: [InstrumentID]] = [:]
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
            state.codes[instrument.code, default: []].append(id)
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

    /// Returns the number of the instrument a text means: in any spelling that `Instrument` reads, or its code alone where
    /// one instrument of the table has it (`00700`, `BTC/USDT`); `nil` where none is meant, or several could be.
    package func id(meantBy text: String) -> InstrumentID? {
        if let instrument = try? Instrument(parsing: text), let id = id(of: instrument) { return id }
        let found = state.withLock { $0.codes[text.uppercased()] ?? [] }
        return found.count == 1 ? found[0] : nil
    }

    /// All instruments, in the order of their numbers.
    package var all: [Instrument] { state.withLock { $0.instruments } }

    /// How many instruments there are.
    package var count: Int { state.withLock { $0.instruments.count } }
}
