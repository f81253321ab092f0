package import PluginKit

/// A model of ONNX Runtime as the host serves it; any threads may share it.
///
/// Rows of doubles go in where they lie; rows of floats are rounded once. What the runtime itself needs for a call it allocates.
package struct ONNXPredictor: Predictor {
    package let outputs: [OutputColumn]
    private let session: ONNXSession
    private let layout: ONNXLayout
    /// Whether a row gives the same bits in any company. Else rows run one by one: how the past is cut means nothing.
    package private(set) var runsTogether = false

    package init(_ session: ONNXSession, _ layout: ONNXLayout, outputs: [OutputColumn]) throws(PluginError) {
        (self.session, self.layout, self.outputs) = (session, layout, outputs)
        if !layout.isSingle { runsTogether = try isTheSameInAnyCompany() }
    }

    /// Rows of the probe.
    private static let probed = 24

    /// Runs rows of repeatable numbers together and apart, and compares bits.
    private func isTheSameInAnyCompany() throws(PluginError) -> Bool {
        let size = layout.time * layout.width
        var (state, rows): (UInt64, [Double]) = (0x9e37_79b9_7f4a_7c15, [])
        for _ in 0..<Self.probed * size {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            rows.append(Double(Int64(bitPattern: state) >> 11) / 2_251_799_813_685_248)
        }
        let together = try run(rows, by: Self.probed)
        for company in [1, 2, 5, 8] {
            let apart = try run(rows, by: company)
            guard zip(apart, together).allSatisfy({ $0.bitPattern == $1.bitPattern }) else { return false }
        }
        return true
    }

    private func run(_ rows: [Double], by count: Int) throws(PluginError) -> [Double] {
        let size = layout.time * layout.width
        var output = [Double](repeating: .nan, count: rows.count / size)
        let fault = rows.withUnsafeBufferPointer { rows in
            output.withUnsafeMutableBufferPointer { run(rows, into: $0, by: count) }
        }
        if let fault { throw fault }
        return output
    }

    package func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        guard shape.time == layout.time, shape.features == layout.width, input.count == shape.count,
            output.count == shape.batch
        else {
            throw PluginError(
                .badRequest,
                "\(ONNXLibrary.owner): the block is [\(shape.batch), \(shape.time), \(shape.features)] with \(input.count) "
                    + "numbers in and \(output.count) out; the model takes [rows, \(layout.time), \(layout.width)] and gives one "
                    + "number a row. Fit it again on these features.")
        }
        guard shape.batch > 0 else { return }
        let fault = input.withUnsafeBufferPointer { rows in
            output.withUnsafeMutableBufferPointer { run(rows, into: $0, by: runsTogether ? shape.batch : 1) }
        }
        if let fault { throw fault }
    }

    /// Runs rows, so many at a time; returns the fault.
    private func run(
        _ rows: UnsafeBufferPointer<Double>, into output: UnsafeMutableBufferPointer<Double>, by count: Int
    ) -> PluginError? {
        let size = layout.time * layout.width
        for first in stride(from: 0, to: output.count, by: count) {
            let end = min(first + count, output.count)
            let part = UnsafeBufferPointer(rebasing: rows[first * size..<end * size])
            let target = UnsafeMutableBufferPointer(rebasing: output[first..<end])
            do throws(PluginError) {
                try layout.element == .double && layout.columns == nil
                    ? runDoubles(part, into: target) : runCopy(part, into: target)
            } catch { return error }
        }
        return nil
    }

    private func runDoubles(
        _ rows: UnsafeBufferPointer<Double>, into output: UnsafeMutableBufferPointer<Double>
    ) throws(PluginError) {
        guard let base = rows.baseAddress else { return }
        try session.run(
            UnsafeMutableRawPointer(mutating: base), rows: output.count, tail: layout.tail, element: .double,
            output: layout.output, into: output)
    }

    /// Rounds to floats, or puts the columns of several inputs one after the other.
    private func runCopy(
        _ rows: UnsafeBufferPointer<Double>, into output: UnsafeMutableBufferPointer<Double>
    ) throws(PluginError) {
        let fault = withUnsafeTemporaryAllocation(byteCount: rows.count * 8, alignment: 8) { block -> PluginError? in
            guard let base = block.baseAddress else { return nil }
            if layout.element == .float {
                fill(base.assumingMemoryBound(to: Float.self), rows, output.count) { Float($0) }
            } else {
                fill(base.assumingMemoryBound(to: Double.self), rows, output.count) { $0 }
            }
            do throws(PluginError) {
                try session.run(
                    base, rows: output.count, tail: layout.tail, element: layout.element, output: layout.output,
                    into: output)
                return nil
            } catch { return error }
        }
        if let fault { throw fault }
    }

    private func fill<Number>(
        _ target: UnsafeMutablePointer<Number>, _ rows: UnsafeBufferPointer<Double>, _ count: Int,
        _ convert: (Double) -> Number
    ) {
        guard let columns = layout.columns else {
            for place in rows.indices { target[place] = convert(rows[place]) }
            return
        }
        for (place, column) in columns.enumerated() {
            for row in 0..<count { target[place * count + row] = convert(rows[row * layout.width + column]) }
        }
    }
}
