/// How far names are from each other, for guessing what somebody who misspelt one meant.
public enum EditDistance {
    /// Returns the known name within a third of the longer one's length in edits, one edit at least; the first by alphabet of
    /// equals. Names are compared without case; of those beyond 64 bytes none is near.
    public static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        guard (1...64).contains(name.utf8.count) else { return nil }
        let wanted = name.lowercased()
        // Names of too different a length need more edits than are allowed: they are not compared.
        let ranked = known.lazy.filter { other in
            let (long, short) = (max(other.utf8.count, wanted.utf8.count), min(other.utf8.count, wanted.utf8.count))
            return long - short <= max(1, long / 3)
        }
        .map { (between(wanted, $0.lowercased()), $0) }
        guard let best = ranked.min(by: { $0 < $1 }) else { return nil }
        return best.0 <= max(1, max(name.count, best.1.count) / 3) ? best.1 : nil
    }

    /// Returns the Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, replacements and
    /// exchanges of neighbours. Costs the product of the lengths.
    public static func between(_ left: String, _ right: String) -> Int {
        let first = Array(left.unicodeScalars)
        let second = Array(right.unicodeScalars)
        guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
        var older: [Int] = []
        var previous = Array(0...second.count)
        for row in 1...first.count {
            var current = [row]
            for column in 1...second.count {
                let cost = first[row - 1] == second[column - 1] ? 0 : 1
                var best = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    best = min(best, older[column - 2] + 1)
                }
                current.append(best)
            }
            (older, previous) = (previous, current)
        }
        return previous[second.count]
    }
}
