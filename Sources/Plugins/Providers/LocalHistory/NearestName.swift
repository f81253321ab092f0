/// Finds what somebody who misspelt a name meant.
enum NearestName {
    /// For how many missing names a guess is made in one go; each costs a comparison with every known name.
    static let guesses = 16

    /// Returns the known name within a third of the length in edits, or `nil`.
    static func nearest(to name: String, among known: [String]) -> String? {
        guard (1...64).contains(name.utf8.count) else { return nil }
        let wanted = Array(name.lowercased().utf8)
        let ranked = known.lazy.filter { abs($0.utf8.count - wanted.count) <= 3 }
            .map { (distance(wanted, Array($0.lowercased().utf8)), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }), best.0 <= max(1, wanted.count / 3) else { return nil }
        return best.1
    }

    /// Returns `The folder holds a, b, c and 5 more.`; says so where there is nothing.
    static func list(_ names: [String], _ lead: String) -> String {
        if names.isEmpty { return "\(lead) nothing." }
        let rest = names.count > 12 ? " and \(names.count - 12) more" : ""
        return "\(lead) \(names.prefix(12).joined(separator: ", "))\(rest)."
    }

    /// Edits between two texts, where exchanging neighbours is one; costs the product of the lengths.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var older: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, older[column - 2] + 1)
                }
                current.append(best)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
