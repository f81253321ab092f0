public import PluginKit

extension TensorShape {
    /// Throws where a block is not `batch` rows of `width` features with one output each.
    ///
    /// - Parameters:
    ///   - width: features the model was fitted on.
    ///   - input: numbers in the input.
    ///   - output: numbers the output takes.
    ///   - owner: the model, `kind/id`; begins every message.
    @inlinable
    public func checkTabular(width: Int, input: Int, output: Int, owner: StaticString) throws(PluginError) {
        guard time == 1, features == width, batch == output, input == output * width else {
            throw mismatch(width: width, input: input, output: output, owner: owner)
        }
    }

    @usableFromInline
    func mismatch(width: Int, input: Int, output: Int, owner: StaticString) -> PluginError {
        PluginError(
            .badRequest,
            "\(owner): the block is [\(batch), \(time), \(features)] with \(input) numbers in and \(output) out; "
                + "the model takes [rows, 1, \(width)] and gives one number a row. Fit it again on these features.")
    }
}
