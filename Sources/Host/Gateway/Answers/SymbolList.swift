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

        /// Returns why there is nothing to answer; `what` are the values asked for.
        func fault(empty: [String], of what: String = "bar") -> GatewayError {
            guard unknown.isEmpty else {
                let shown = unknown.prefix(20).map { PluginError.quoted($0) }.joined(separator: ", ")
                return GatewayError(
                    .unknownSymbol, "gateway: no instrument \(shown). /api/v2/system/status lists what runs.")
            }
            let shown = empty.prefix(20).joined(separator: ", ")
            return GatewayError(.noData, "gateway: there is no \(what) of \(shown) yet. Try again once data has come.")
        }
    }

    /// How many symbols one request may name.
    static let most = 500

    private let symbols: [String]

    /// Takes `symbols` of a query.
    init(_ query: QueryParameters) { symbols = QueryParameters.parts(query["symbols"] ?? "") }

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
