import PluginKit

/// A fit that predicts a row's first number, and adds what was learned of its instrument.
struct RowNumber: OnlinePredictor {
    var outputs: [OutputColumn] { [OutputColumn("value", unit: "", "")] }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        for row in 0..<shape.batch { output[row] = input[row * shape.features] }
    }

    func learner() -> any Learner { Memory() }

    /// Remembers what it was taught, bit for bit and in its order.
    private struct Memory: Learner {
        var taught: [Double] = []

        func predict(_ row: Span<Double>, into output: inout MutableSpan<Double>) throws(PluginError) {
            output[0] = row[0] + taught.reduce(0) { $0 / 3 + $1 }
        }

        mutating func learn(_ row: Span<Double>, label: Double) throws(PluginError) {
            guard label.isFinite else { throw PluginError(.quality, "no number") }
            taught += [row[0], label]
        }

        func save(to writer: inout StateWriter) { writer.write(taught) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            let count = try reader.readInt(in: 0...1_000_000)
            var numbers: [Double] = []
            for _ in 0..<count { numbers.append(try reader.readDouble()) }
            taught = numbers
        }
    }
}
