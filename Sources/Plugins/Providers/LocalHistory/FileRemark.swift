/// A remark on a file that is read all the same.
struct FileRemark: Sendable, Hashable {
    /// What it is about; of each kind a few files are told.
    enum Kind: String, Sendable {
        case ambiguousDates = "have dates that could be month first or day first"
        case otherTimeframe = "look like bars of another span"
        case otherUnits = "have amounts far from volume times close"
        case datedByStart = "date their bars by the first day"
        case rewritten = "were rewritten"
        case cutEnd = "end without a line break"
    }

    let kind: Kind
    /// One sentence of facts, then the remedy.
    let text: String
}

/// Tells remarks, of each kind for a few files, then by their number.
struct FileRemarks {
    private static let told = 3
    private var counts: [FileRemark.Kind: Int] = [:]

    /// Returns the remark's text where it is to be told.
    mutating func text(_ remark: FileRemark) -> String? {
        counts[remark.kind, default: 0] += 1
        return counts[remark.kind, default: 0] <= Self.told ? remark.text : nil
    }

    /// What is said of the files that were not told, when all are opened.
    var rest: [String] {
        counts.filter { $0.value > Self.told }.map { "\($0.value - Self.told) more files \($0.key.rawValue)." }.sorted()
    }
}
