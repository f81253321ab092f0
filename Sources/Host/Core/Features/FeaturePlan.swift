package import PluginKit
import RowColumns

/// The indicator instances that read one input of a pipeline, and the columns they fill.
package struct FeaturePlan: Sendable {
    /// One indicator instance.
    package struct Column: Sendable {
        /// The instance's id in the manifest.
        package let id: String
        /// What its numbers depend on: plugin, version, options. A column with another identity is another column.
        package let identity: String
        /// Fresh state; copied for each instrument.
        package let prototype: any Indicator
        /// First column of the matrix it fills.
        package let offset: Int
        /// How many columns it fills.
        package let width: Int
    }

    /// The instances in column order.
    package let columns: [Column]
    /// Names of all columns.
    package let schema: FeatureSchema

    /// An indicator instance to lay out.
    package struct Instance: Sendable {
        /// The instance's id in the manifest.
        package let id: String
        /// What its numbers depend on: plugin, version, options.
        package let identity: String
        /// What its plugin gives, in order.
        package let outputs: [OutputColumn]
        /// Fresh state.
        package let prototype: any Indicator

        /// Creates an instance.
        package init(id: String, identity: String = "", outputs: [OutputColumn], prototype: any Indicator) {
            self.id = id
            self.identity = identity
            self.outputs = outputs
            self.prototype = prototype
        }
    }

    /// Lays out columns for instances in the order given; names are `id`, or `id.output` where there are several.
    package init(instances: [Instance]) {
        var columns: [Column] = []
        var names: [String] = []
        for instance in instances {
            let (id, outputs) = (instance.id, instance.outputs)
            columns.append(
                Column(
                    id: id, identity: instance.identity, prototype: instance.prototype, offset: names.count,
                    width: outputs.count))
            names += outputs.count == 1 ? [id] : outputs.map { "\(id).\($0.name)" }
        }
        self.columns = columns
        schema = FeatureSchema(names: names)
    }

    /// Lays out columns for indicators of this process, whose types say what they give.
    package init(_ indicators: [(id: String, prototype: any Indicator)]) {
        self.init(
            instances: indicators.map {
                Instance(id: $0.id, outputs: type(of: $0.prototype).descriptor.outputs, prototype: $0.prototype)
            })
    }

    /// Returns the columns that another plan lacks, laid out as a plan of their own.
    package func columns(missingIn other: FeaturePlan) -> FeaturePlan {
        FeaturePlan(
            columns.filter { other.place(of: $0) == nil },
            names: columns.filter { other.place(of: $0) == nil }.flatMap { names(of: $0) })
    }

    /// Returns where a plan has the same column, or `nil`.
    func place(of column: Column) -> Int? {
        columns.firstIndex { $0.id == column.id && $0.identity == column.identity }
    }

    private func names(of column: Column) -> ArraySlice<String> {
        schema.names[column.offset..<column.offset + column.width]
    }

    private init(_ columns: [Column], names: [String]) {
        var offset = 0
        self.columns = columns.map { column in
            defer { offset += column.width }
            return Column(
                id: column.id, identity: column.identity, prototype: column.prototype, offset: offset,
                width: column.width)
        }
        schema = FeatureSchema(names: names)
    }

    /// Returns some columns, and all that those of them are made of that are derived.
    package func origins(of names: Set<String>) -> Set<String> {
        columnsBehind(names) { name in
            let column = columns.first { schema.names[$0.offset] == name }
            return (column?.prototype as? any DerivedColumn)?.sources ?? []
        }
    }

    /// Returns the indicators that some columns are made of, laid out as a plan of their own.
    package func columns(behind read: Set<String>) -> FeaturePlan {
        let origins = origins(of: read)
        let kept = columns.filter { !origins.isDisjoint(with: names(of: $0)) }
        return FeaturePlan(kept, names: kept.flatMap { names(of: $0) })
    }

    /// Columns of the matrix.
    package var width: Int { schema.names.count }

    /// The longest warm-up of all instances, in events.
    package var warmUpLength: Int { columns.map(\.prototype.warmUpLength).max() ?? 0 }
}
