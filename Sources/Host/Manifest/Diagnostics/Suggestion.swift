import EditDistance

/// Finds what somebody who misspelt a name meant.
package enum Suggestion {
    private static let shown = 12
    /// Most names that are compared; a manifest may have tens of thousands.
    private static let compared = 2_000

    /// Returns `Did you mean 'yahoo'? Known: akshare, alpha_vantage, yahoo.`, or less where less is known.
    package static func hint(for name: String, among known: [String]) -> String {
        let nearest = nearest(to: name, among: known)
        let guess = nearest.map { "Did you mean '\($0)'? " } ?? ""
        return guess + list(known, first: nearest)
    }

    /// Returns `Known: a, b, c.`, cut at a dozen, the nearest always among them; empty where nothing is known.
    package static func list(_ known: [String], first: String? = nil) -> String {
        guard !known.isEmpty else { return "" }
        let sorted = Set(known).sorted()
        var names = Array(sorted.prefix(shown))
        if let first, !names.contains(first) { names[names.count - 1] = first }
        let rest = sorted.count > names.count ? " and \(sorted.count - names.count) more" : ""
        return "Known: \(names.joined(separator: ", "))\(rest)."
    }

    /// Returns the known name within a third of the length in edits, at least one; else one that consists of more words
    /// (`fast` of `fast_period`) or fewer (`timeperiod` of `period`). The first by alphabet of equals.
    package static func nearest(to name: String, among known: [String]) -> String? {
        guard (1...64).contains(name.utf8.count) else { return nil }
        let folded = name.lowercased()
        let names = Set(known.prefix(compared)).sorted()
        return EditDistance.nearest(to: name, among: names)
            ?? names.filter { isPart(folded, of: $0) || isPart($0, of: folded) }.min { $0.utf8.count < $1.utf8.count }
    }

    /// Whether a word of at least three letters begins or ends another.
    private static func isPart(_ word: String, of whole: String) -> Bool {
        word.utf8.count >= 3 && (whole.hasPrefix(word) || whole.hasSuffix(word))
    }
}
