/// Names for messages about a missing one.
enum NameList {
    /// For how many missing names a guess is made in one go; each costs a comparison with every known name.
    static let guesses = 16

    /// Returns `The folder holds a, b, c and 5 more.`; says so where there is nothing.
    static func text(_ names: [String], _ lead: String) -> String {
        if names.isEmpty { return "\(lead) nothing." }
        let rest = names.count > 12 ? " and \(names.count - 12) more" : ""
        return "\(lead) \(names.prefix(12).joined(separator: ", "))\(rest)."
    }
}
