import PluginKit

/// How Yahoo spells an instrument: `600519.SH` is `600519.SS`, `00700.HK` is `0700.HK`, `BRK.B` is `BRK-B`.
enum YahooSymbol {
    /// Returns the symbol; throws `.notFound` for a venue that Yahoo does not have or that is not known here.
    static func text(_ instrument: Instrument, _ options: YahooOptions) throws(PluginError) -> String {
        if let told = options.symbols["\(instrument)"] { return told }
        switch instrument.venue {
        case "US", "CRYPTO", "FX": return instrument.code.split(separator: ".").joined(separator: "-")
        case "HK":
            let code = instrument.code
            return "\(code.utf8.count == 5 && code.hasPrefix("0") ? String(code.dropFirst()) : code).HK"
        default:
            if let suffix = suffixes[instrument.venue] { return "\(instrument.code).\(suffix)" }
        }
        throw PluginError(
            .notFound,
            "\(options.instance): Yahoo's name for the venue of \(instrument) is not known. Set symbols: { \(instrument): ... }."
        )
    }

    /// Yahoo's suffix of a venue.
    private static let suffixes = [
        "SH": "SS", "SZ": "SZ", "JP": "T", "UK": "L", "GB": "L", "DE": "DE", "FR": "PA", "NL": "AS", "CH": "SW",
        "IT": "MI",
        "ES": "MC", "CA": "TO", "AU": "AX", "IN": "NS", "KR": "KS", "TW": "TW", "SG": "SI", "BR": "SA", "ZA": "JO",
        "IL": "TA",
    ]
}
