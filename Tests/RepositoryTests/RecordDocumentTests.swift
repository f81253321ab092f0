import PluginKit
import TestSupport
import Testing

/// `docs/records.md` names the kinds of record and their columns as the kinds say of themselves.
struct RecordDocumentTests {
    @Test(arguments: RecordKind.allCases) func tableHasTheKindWithItsColumns(kind: RecordKind) throws {
        let columns = (kind.rows.constants + kind.rows.columns.filter { !$0.isCommon }).map { "`\($0.name)`" }
        let row = try Repository.text("docs/records.md").split(separator: "\n")
            .first { $0.hasPrefix("| `\(kind.rawValue)` |") }
        #expect(row?.hasSuffix("| \(columns.joined(separator: ", ")) |") == true, "\(row ?? "no row")")
    }
}
