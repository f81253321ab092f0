import FoundationEssentials
import TestSupport

/// Reference values of `Tests/Fixtures/Indicators`; `metadata.json` there says where they come from.
struct Golden {
    struct Metadata: Decodable {
        let relativeTolerance: Double
        let relativeToleranceOfPlugin: [String: Double]
        let firstRowWithValue: [String: Int]

        private enum CodingKeys: String, CodingKey {
            case relativeTolerance = "relative_tolerance"
            case relativeToleranceOfPlugin = "relative_tolerance_of_plugin"
            case firstRowWithValue = "first_row_with_value"
        }
    }

    /// One output of one indicator with one set of options.
    struct Column {
        let plugin: String
        let options: String
        let output: String
        let values: [(row: Int, value: Double?)]
        let firstRow: Int?
    }

    let metadata: Metadata
    let columns: [Column]

    init() throws {
        let json = try Repository.text("Tests/Fixtures/Indicators/metadata.json")
        let metadata = try JSONDecoder().decode(Metadata.self, from: Data(json.utf8))
        let table = try Repository.text("Tests/Fixtures/Indicators/golden.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let keys = table[0]
        let rows = table.dropFirst()
        columns = keys.indices.dropFirst().map { index in
            let parts = keys[index].split(separator: "#").map(String.init)
            let head = parts[0].split(separator: "?").map(String.init)
            return Column(
                plugin: head[0], options: head.count > 1 ? head[1] : "", output: parts[1],
                values: rows.map { (row: Int($0[0]) ?? -1, value: Double($0[index])) },
                firstRow: metadata.firstRowWithValue[keys[index]])
        }
        self.metadata = metadata
    }
}
