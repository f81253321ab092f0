public import PluginKit

extension RecordTable {
    /// The names of numbers beside each row in a table without nesting: one that is called like another column of `fixed`
    /// gets the name of its column before it: `features.close`.
    public static func flatNames(
        _ names: [OutputColumn], of column: ColumnDescription, beside fixed: Set<String>
    ) -> [String] {
        names.map { fixed.contains($0.name) ? "\(column.name).\($0.name)" : $0.name }
    }

    /// The names of all columns and constants of a kind, without further numbers.
    public static func fixedNames(_ kind: RecordKind) -> Set<String> {
        Set((kind.rows.constants + kind.rows.columns).map(\.name) + ["pipeline", "source", "timeframe", "sequence"])
            .subtracting(kind.rows.columns.filter { $0.type == .reals }.map(\.name))
    }
}
