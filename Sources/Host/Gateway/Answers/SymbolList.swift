import HostCore
import PluginKit

/// The symbols a request names, read in any spelling and looked up.
struct SymbolList {
    /// What became of the symbols.
    struct Resolved {
        /// Known instruments, each once, in the order of the request.
        var known: [(instrument: Instrument, id: InstrumentID)] = []
        /// Texts that are no symbol, and symbols the host does not know; as written.
        var unknown: [String] = []

        /// Returns why there is nothing to answer.
        func fault(empty: [String]) -> GatewayError {
            guard unknown.isEmpty else {
                let shown = unknown.prefix(20).map { PluginError.quoted($0) }.joined(separator: ", ")
                return GatewayError(
                    .unknownSymbol, "gateway: no instrument \(shown). /api/v2/system/status lists what runs.")
            }
            let shown = empty.prefix(20).joined(separator: ", ")
            return GatewayError(.noData, "gateway: there is no bar of \(shown) yet. Try again once data has come.")
        }
    }

    private let symbols: [String]

    /// Reads `symbols` of a query string; absent or too many is an error.
    init(query: some StringProtocol, maxSymbols: Int) throws(GatewayError) {
        symbols = QueryParameters(query).list("symbols")
        guard !symbols.isEmpty else {
            throw GatewayError(
                .missingParameter,
                "gateway: 'symbols' is missing; allowed 1...\(maxSymbols) symbols between commas. "
                    + "Write ?symbols=AAPL,600519.SH.")
        }
        guard symbols.count <= maxSymbols else {
            throw GatewayError(
                .badParameter,
                "gateway: 'symbols' has \(symbols.count) symbols; allowed 1...\(maxSymbols). Ask in several requests.")
        }
    }

    /// Looks the symbols up.
    func resolve(in table: InstrumentTable) -> Resolved {
        var resolved = Resolved()
        var seen: Set<InstrumentID> = []
        for symbol in symbols {
            if let id = table.id(meantBy: symbol) {
                if seen.insert(id).inserted { resolved.known.append((table.instrument(id), id)) }
            } else {
                resolved.unknown.append(symbol)
            }
        }
        return resolved
    }
}

extension EventFlags {
    /// The names of the flags a reader outside needs to know.
    var names: [String] {
        let all: [(EventFlags, String)] = [
            (.partial, "partial"), (.stale, "stale"), (.afterRejected, "after_rejected"), (.fallback, "fallback"),
            (.adjusted, "adjusted"), (.newLevel, "new_level"),
        ]
        return all.filter { contains($0.0) }.map(\.1)
    }
}
