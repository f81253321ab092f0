package import PluginKit

/// The indicator instances of a pipeline and the columns they fill.
package struct FeaturePlan: Sendable {
    /// One indicator instance.
    package struct Column: Sendable {
        /// The instance's id in the manifest.
        package let id: String
        /// Fresh state; copied for each instrument.
        package let prototype: any Indicator<Bar>
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
        /// What its plugin gives, in order.
        package let outputs: [OutputColumn]
        /// Fresh state.
        package let prototype: any Indicator<Bar>

        /// Creates an instance.
        package init(id: String, outputs: [OutputColumn], prototype: any Indicator<Bar>) {
            self.id = id
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
                Column(id: id, prototype: instance.prototype, offset: names.count, width: outputs.count))
            names += outputs.count == 1 ? [id] : outputs.map { "\(id).\($0.name)" }
        }
        self.columns = columns
        schema = FeatureSchema(names: names)
    }

    /// Lays out columns for indicators of this process, whose types say what they give.
    package init(_ indicators: [(id: String, prototype: any Indicator<Bar>)]) {
        self.init(
            instances: indicators.map {
                Instance(id: $0.id, outputs: type(of: $0.prototype).descriptor.outputs, prototype: $0.prototype)
            })
    }

    /// Columns of the matrix.
    package var width: Int { schema.names.count }

    /// The longest warm-up of all instances, in events.
    package var warmUpLength: Int { columns.map(\.prototype.warmUpLength).max() ?? 0 }
}
