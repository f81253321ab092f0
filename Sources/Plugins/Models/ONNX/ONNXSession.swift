import CONNXRuntime
package import PluginKit

/// A model that ONNX Runtime has read: what goes in and out of it, and a call that runs it. One thread, the caller's.
///
/// - Note: Unchecked: nothing of it changes after it was made, and the library lets any thread run a session.
package final class ONNXSession: @unchecked Sendable {
    /// Kinds of numbers that are taken, by the library's numbers for them.
    enum Element: Int32 {
        case float = 1
        case double = 11
    }

    /// An input or output.
    struct Port: Sendable {
        let name: String
        /// `nil` where it is no tensor of numbers.
        let element: Element?
        /// Sizes; -1 where any will do.
        let shape: [Int]

        /// As messages show it: `x [?, 30, 20] float`.
        var text: String {
            let sizes = shape.map { $0 < 0 ? "?" : "\($0)" }.joined(separator: ", ")
            return "\(PluginError.quoted(name)) [\(sizes)] \(element.map { "\($0)" } ?? "of another kind")"
        }
    }

    let library: ONNXLibrary
    private let session: UnsafeMutableRawPointer
    private(set) var inputs: [Port] = []
    private(set) var outputs: [Port] = []
    private var inputNames: [UnsafeMutablePointer<CChar>] = []
    private var outputNames: [UnsafeMutablePointer<CChar>] = []
    private let allocator: UnsafeMutableRawPointer

    /// Reads a model; throws `.unsupported` where it has operators that the library has not, `.badRequest` where that refuses it.
    package init(_ library: ONNXLibrary, _ bytes: [UInt8]) throws(PluginError) {
        self.library = library
        let api = library.api
        var (options, made, allocator): (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)
        try library.check(api.create_session_options(&options), "read the model")
        defer { if let options { api.release_session_options(options) } }
        try library.check(api.set_intra_op_threads(options, 1), "use one thread")
        try library.check(api.set_inter_op_threads(options, 1), "use one thread")
        let status = bytes.withUnsafeBytes {
            api.create_session_from_array(library.environment, $0.baseAddress, $0.count, options, &made)
        }
        try library.check(status, "read the model")
        try library.check(api.default_allocator(&allocator), "read the model")
        guard let made, let allocator else {
            throw PluginError(.badRequest, "\(ONNXLibrary.owner): ONNX Runtime read no model.")
        }
        (session, self.allocator) = (made, allocator)
        (inputs, inputNames) = try ports(api.input_count, api.input_name, api.input_type)
        (outputs, outputNames) = try ports(api.output_count, api.output_name, api.output_type)
    }

    deinit {
        for name in inputNames + outputNames {
            if let status = library.api.allocator_free(allocator, name) { library.api.release_status(status) }
        }
        library.api.release_session(session)
    }

    private typealias Count = @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Int>?) -> ort_status?
    private typealias Name =
        @convention(c) (
            UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        ) -> ort_status?
    private typealias Kind =
        @convention(c) (UnsafeRawPointer?, Int, UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> ort_status?

    private func ports(
        _ count: Count, _ name: Name, _ kind: Kind
    ) throws(PluginError) -> ([Port], [UnsafeMutablePointer<CChar>]) {
        var (ports, names): ([Port], [UnsafeMutablePointer<CChar>]) = ([], [])
        var total = 0
        try library.check(count(session, &total), "say what the model takes")
        for index in 0..<total {
            var text: UnsafeMutablePointer<CChar>?
            var type: UnsafeMutableRawPointer?
            try library.check(name(session, index, allocator, &text), "say what the model takes")
            try library.check(kind(session, index, &type), "say what the model takes")
            defer { if let type { library.api.release_type(type) } }
            guard let text else { continue }
            names.append(text)
            let (element, shape) = try tensor(type)
            ports.append(Port(name: String(cString: text), element: element, shape: shape))
        }
        return (ports, names)
    }

    private func tensor(_ type: UnsafeMutableRawPointer?) throws(PluginError) -> (Element?, [Int]) {
        let api = library.api
        var tensor: UnsafeRawPointer?
        try library.check(api.cast_to_tensor(type, &tensor), "say what the model takes")
        guard let tensor else { return (nil, []) }
        var (element, rank): (Int32, Int) = (0, 0)
        try library.check(api.element_type(tensor, &element), "say what the model takes")
        try library.check(api.rank(tensor, &rank), "say what the model takes")
        var sizes = [Int64](repeating: 0, count: rank)
        try library.check(api.dimensions(tensor, &sizes, rank), "say what the model takes")
        return (Element(rawValue: element), sizes.map { Int($0) })
    }

    /// Runs the model on rows that stand at `data`, one block an input after the other; writes one number a row.
    ///
    /// - Parameters:
    ///   - tail: sizes of an input after the first, which is the rows.
    ///   - output: which output, and which of its numbers a row, negative from its end.
    func run(
        _ data: UnsafeMutableRawPointer, rows: Int, tail: [Int], element: Element, output: (port: Int, column: Int),
        into target: UnsafeMutableBufferPointer<Double>
    ) throws(PluginError) {
        let fault = withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: inputs.count) {
            values -> PluginError? in
            values.initialize(repeating: nil)
            defer { for value in values { if let value { library.api.release_value(value) } } }
            do throws(PluginError) {
                let bytes = rows * tail.reduce(1, *) * (element == .float ? 4 : 8)
                for place in inputs.indices {
                    values[place] = try tensor(data + place * bytes, bytes, [rows] + tail, element)
                }
                try run(values, output, rows, into: target)
                return nil
            } catch { return error }
        }
        if let fault { throw fault }
    }

    private func tensor(
        _ data: UnsafeMutableRawPointer, _ bytes: Int, _ shape: [Int], _ element: Element
    ) throws(PluginError) -> UnsafeMutableRawPointer? {
        var value: UnsafeMutableRawPointer?
        let status = shape.withUnsafeBytes {
            library.api.create_tensor(
                library.memory, data, bytes, $0.baseAddress?.assumingMemoryBound(to: Int64.self), shape.count,
                element.rawValue, &value)
        }
        try library.check(status, "take the rows")
        return value
    }

    private func run(
        _ values: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>, _ output: (port: Int, column: Int), _ rows: Int,
        into target: UnsafeMutableBufferPointer<Double>
    ) throws(PluginError) {
        let api = library.api
        var made: UnsafeMutableRawPointer?
        var name: UnsafePointer<CChar>? = UnsafePointer(outputNames[output.port])
        let status = inputNames.withUnsafeBytes { names in
            api.run(
                session, nil, names.baseAddress?.assumingMemoryBound(to: UnsafePointer<CChar>?.self),
                UnsafeRawPointer(values.baseAddress)?.assumingMemoryBound(to: UnsafeRawPointer?.self), values.count,
                &name, 1, &made)
        }
        try library.check(status, "run the model")
        guard let made else { throw other(0, rows) }
        defer { api.release_value(made) }
        var (shape, data, count): (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, Int) = (nil, nil, 0)
        try library.check(api.value_shape(made, &shape), "give its output")
        defer { if let shape { api.release_shape(shape) } }
        try library.check(api.element_count(shape, &count), "give its output")
        try library.check(api.tensor_data(made, &data), "give its output")
        let width = rows > 0 ? count / rows : 0
        let column = output.column < 0 ? width + output.column : output.column
        guard let data, width * rows == count, 0..<width ~= column else { throw other(count, rows) }
        let isFloat = outputs[output.port].element == .float
        for row in 0..<rows {
            let place = row * width + column
            target[row] =
                isFloat
                ? Double(data.assumingMemoryBound(to: Float.self)[place])
                : data.assumingMemoryBound(to: Double.self)[place]
        }
    }

    private func other(_ count: Int, _ rows: Int) -> PluginError {
        PluginError(
            .badRequest,
            "\(ONNXLibrary.owner): the model gave \(count) numbers for \(rows) rows, which is no number of columns with the one "
                + "that 'column' names. Export it with an output of [rows, 1], or correct 'column'.")
    }
}
