import FoundationEssentials
import TestSupport

/// Reference values of `golden.csv` and `recorded.csv` in `Tests/Fixtures/Indicators`; `metadata.json` there says where they come from.
struct Golden: Sendable {
    private struct Metadata: Decodable {
        let relativeTolerance: Double

        private enum CodingKeys: String, CodingKey {
            case relativeTolerance = "relative_tolerance"
        }
    }

    /// One output of one indicator with one set of options.
    struct Column: Sendable {
        let plugin: String
        /// The recording it is of; empty for the bars.
        let recording: String
        let options: String
        let output: String
        /// The first row with a value, and the values of some rows from it on.
        let firstRow: Int
        let values: [(row: Int, value: Double)]

        var key: String { "\(plugin)@\(recording)?\(options)#\(output)" }
        /// Values nearer to 0 than this are compared as if they were this far from it: a thousandth of the largest.
        var floor: Double { 1e-3 * (values.map(\.value.magnitude).max() ?? 0) }
    }

    /// Read once.
    static let all = Result { try Golden() }

    let tolerance: Double
    let columns: [Column]

    private init() throws {
        let json = try Repository.text("Tests/Fixtures/Indicators/metadata.json")
        tolerance = try JSONDecoder().decode(Metadata.self, from: Data(json.utf8)).relativeTolerance
        columns = try ["golden", "recorded"].flatMap { try Self.columns(in: "Tests/Fixtures/Indicators/\($0).csv") }
    }

    /// Reads a table of the repository.
    static func columns(in path: String) throws -> [Column] {
        try Repository.text(path).split(separator: "\n").map(column)
    }

    /// Says of the values of a column, row by row, what is wrong with them; `nil` where all are the reference's.
    ///
    /// - Parameter first: the row from which the indicator has values.
    func difference(_ column: Column, from first: Int, _ value: (Int) -> Double) -> String? {
        let wrong = column.values.filter { row, expected in
            // Outputs of one indicator begin together: some have a reference before that.
            guard row >= first else { return false }
            return !((value(row) - expected).magnitude <= tolerance * max(expected.magnitude, column.floor))
        }
        guard !wrong.isEmpty else { return nil }
        let shown = wrong.prefix(3).map { "row \($0.row): \(value($0.row)), reference \($0.value)" }
        return "\(column.key): \(wrong.count) of \(column.values.count) differ: \(shown)"
    }

    /// Reads `plugin@recording?options#output,first row,row:value,row:value...`; one row without a value has none after the colon.
    private static func column(_ line: Substring) throws -> Column {
        let cells = line.split(separator: ",")
        let parts = cells[0].split(separator: "#").map(String.init)
        let head = parts[0].split(separator: "?").map(String.init)
        let subject = head[0].split(separator: "@").map(String.init)
        let values = cells[2...].map { cell in
            let pair = cell.split(separator: ":", omittingEmptySubsequences: false)
            return (row: Int(pair[0]) ?? -1, value: Double(pair[1]) ?? .nan)
        }
        return Column(
            plugin: subject[0], recording: subject.count > 1 ? subject[1] : "", options: head.count > 1 ? head[1] : "",
            output: parts[1], firstRow: Int(cells[1]) ?? -1, values: values)
    }
}
