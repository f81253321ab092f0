import PluginKit
import StdioProtocol
import Synchronization

/// The instruments the host named so far, under the host's numbers.
final class HostNames: InstrumentDirectory {
    private struct State {
        var names: [InstrumentID: Instrument] = [:]
        var ids: [Instrument: InstrumentID] = [:]
        var lastOwn = UInt32.max
    }

    private let state = Mutex(State())

    /// Returns the name; one the host never said has the venue `UNKNOWN`.
    func instrument(_ id: InstrumentID) -> Instrument {
        state.withLock { $0.names[id] } ?? Instrument(code: id.rawValue.description, venue: "UNKNOWN")
    }

    func id(of instrument: Instrument) -> InstrumentID? { state.withLock { $0.ids[instrument] } }

    /// Takes the names in a request: `instruments` of a provider's, `symbols` of a sink's.
    func learn(_ message: Message) {
        for reference in Self.references(message) { learn(reference.instrument, reference.id) }
        for (number, symbol) in message.body["symbols"]?.object ?? [:] {
            guard let id = UInt32(number), let instrument = Self.instrument(symbol.text ?? "") else { continue }
            learn(instrument, InstrumentID(rawValue: id))
        }
    }

    /// Returns the number behind a symbol; one the host never said gets a number of this side, from the top.
    func id(ofSymbol symbol: String) -> InstrumentID? {
        guard let instrument = Self.instrument(symbol) else { return nil }
        return state.withLock { state in
            if let known = state.ids[instrument] { return known }
            let id = InstrumentID(rawValue: state.lastOwn)
            state.lastOwn -= 1
            state.ids[instrument] = id
            state.names[id] = instrument
            return id
        }
    }

    /// The instruments of a provider's request.
    static func references(_ message: Message) -> [InstrumentReference] {
        (message.body["instruments"]?.array ?? []).compactMap { json in
            guard let members = json.object, let id = members["id"]?.integer.flatMap({ UInt32(exactly: $0) }),
                let code = members["code"]?.text, let venue = members["venue"]?.text
            else { return nil }
            return InstrumentReference(id: InstrumentID(rawValue: id), instrument: Instrument(code: code, venue: venue))
        }
    }

    private func learn(_ instrument: Instrument, _ id: InstrumentID) {
        state.withLock { state in
            state.names[id] = instrument
            state.ids[instrument] = id
        }
    }

    /// A symbol is the canonical `CODE.VENUE`; the code may have points of its own.
    private static func instrument(_ symbol: String) -> Instrument? {
        guard let point = symbol.lastIndex(of: ".") else { return nil }
        return Instrument(code: String(symbol[..<point]), venue: String(symbol[symbol.index(after: point)...]))
    }
}
