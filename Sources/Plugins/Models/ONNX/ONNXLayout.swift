package import PluginKit

/// How the rows of a pipeline go into a model's inputs, and which of its outputs is the prediction.
package struct ONNXLayout: Sendable {
    /// Bars a window holds, and features a bar.
    let time: Int
    let width: Int
    /// Sizes of an input after the rows.
    let tail: [Int]
    /// What the inputs hold.
    let element: ONNXSession.Element
    /// For each input the feature it takes; `nil` where one takes all.
    let columns: [Int]?
    /// Which output, and which of its numbers a row.
    let output: (port: Int, column: Int)
    /// Whether it takes one row a call only.
    let isSingle: Bool

    /// Compares a model with the features; throws `.badRequest` with both lists where they do not match.
    ///
    /// - Parameters:
    ///   - named: names of features that the file has; `nil` where it has none.
    ///   - chosen: the name of the output; `nil` for the first that holds numbers.
    package init(
        _ session: ONNXSession, named: [String]?, features: [String], time: Int, output chosen: String?, column: Int
    ) throws(PluginError) {
        (self.time, width) = (time, features.count)
        let inputs = session.inputs
        let mismatch = Self.mismatch(inputs, named, features, time)
        guard let first = inputs.first, let element = first.element, inputs.allSatisfy({ $0.element == element }) else {
            throw mismatch
        }
        self.element = element
        isSingle = first.shape.first == 1
        guard first.shape.count > 1, isSingle || (first.shape.first ?? 0) < 0 else { throw mismatch }
        let sizes = Array(first.shape.dropFirst())
        if inputs.count == 1 {
            columns = nil
            // A name with commas is a list of features; any other says nothing of them.
            let names =
                named ?? (first.name.contains(",") ? first.name.split(separator: ",").map(String.init) : features)
            guard names == features else { throw mismatch }
            let wanted = [[time, features.count], [time * features.count]]
            guard let tail = wanted.first(where: { Self.fits(sizes, $0) }) else { throw mismatch }
            self.tail = tail
        } else {
            columns = inputs.compactMap { features.firstIndex(of: $0.name) }
            tail = [1]
            guard time == 1, columns?.count == inputs.count, inputs.count == features.count,
                inputs.allSatisfy({ Self.fits(Array($0.shape.dropFirst()), [1]) })
            else { throw mismatch }
        }
        output = (try Self.place(of: chosen, in: session.outputs), column)
    }

    /// Whether declared sizes, -1 for any, are these.
    private static func fits(_ sizes: [Int], _ wanted: [Int]) -> Bool {
        sizes.count == wanted.count && zip(sizes, wanted).allSatisfy { $0 < 0 || $0 == $1 }
    }

    private static func place(of name: String?, in outputs: [ONNXSession.Port]) throws(PluginError) -> Int {
        if let place = outputs.firstIndex(where: { $0.element != nil && (name == nil || $0.name == name) }) {
            return place
        }
        throw PluginError(
            .badRequest,
            "\(ONNXLibrary.owner): the model has no output \(name.map { PluginError.quoted($0) + " " } ?? "")of numbers; it has "
                + "\(outputs.map(\.text).joined(separator: ", ")). Correct 'output'; a classifier of scikit-learn is exported "
                + "with options={'zipmap': False}.")
    }

    private static func mismatch(
        _ inputs: [ONNXSession.Port], _ named: [String]?, _ features: [String], _ time: Int
    ) -> PluginError {
        let list = named.map { ": \($0.joined(separator: ", "))" } ?? ""
        let shape = time == 1 ? "[rows, \(features.count)]" : "[rows, \(time), \(features.count)]"
        return PluginError(
            .badRequest,
            "\(ONNXLibrary.owner): the model takes \(inputs.map(\.text).joined(separator: ", "))\(list); the features are \(shape): "
                + "\(features.joined(separator: ", ")). Name the same features in the same order in 'features', set 'window', or "
                + "export the model for these.")
    }
}
