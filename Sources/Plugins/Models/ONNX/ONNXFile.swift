package import PluginKit
import ProtobufReading

/// What the outermost fields of an ONNX file say: whether it is one, and which sets of operators it needs.
///
/// Read without the library, so that a file is refused for what it is before anything opens it.
package struct ONNXFile: Sendable {
    /// Sets of operators by domain; the standard one is empty.
    package private(set) var operators: [(domain: String, version: Int)] = []
    /// Names of the features, where who made it wrote them into it under `features`; commas between.
    package private(set) var features: [String]?
    private var hasGraph = false

    /// Versions of the standard set that are run.
    static let versions = 7...26
    private static let domains: Set<String> = ["", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "com.microsoft"]

    /// Reads a file; `name` is what messages call it.
    ///
    /// Throws `.corrupted` for what is no ONNX file, `.unsupported` for operators that are not run.
    package init(_ bytes: [UInt8], name: String) throws(PluginError) {
        var reader = ProtobufReader(bytes[...])
        do throws(ProtobufReader.Fault) {
            while let field = try reader.next() {
                switch (field.number, field.value) {
                case (7, _): hasGraph = true
                case (8, .bytes(let body)): operators.append(try Self.operatorSet(body))
                case (14, .bytes(let body)): try take(property: body)
                default: break
                }
            }
        } catch { throw Self.noFile(name) }
        guard hasGraph, !operators.isEmpty else { throw Self.noFile(name) }
        try check(name)
    }

    private func check(_ name: String) throws(PluginError) {
        for (domain, version) in operators {
            guard Self.domains.contains(domain) else {
                throw PluginError(
                    .unsupported,
                    "\(name) uses operators of the domain \(PluginError.quoted(domain)); run are those of ONNX itself "
                        + "(ai.onnx, ai.onnx.ml, com.microsoft). Export it without custom operators.")
            }
            guard domain.isEmpty || domain == "ai.onnx", !Self.versions.contains(version) else { continue }
            throw PluginError(
                .unsupported,
                "\(name) has opset \(version); allowed \(Self.versions.lowerBound)...\(Self.versions.upperBound). Export it "
                    + "with opset_version=17.")
        }
    }

    private mutating func take(property body: ArraySlice<UInt8>) throws(ProtobufReader.Fault) {
        var (reader, texts) = (ProtobufReader(body), [Int: String]())
        while let field = try reader.next() {
            if case .bytes(let text) = field.value { texts[field.number] = String(decoding: text, as: UTF8.self) }
        }
        if texts[1] == "features" { features = texts[2]?.split(separator: ",").map(String.init) }
    }

    private static func operatorSet(
        _ body: ArraySlice<UInt8>
    ) throws(ProtobufReader.Fault) -> (domain: String, version: Int) {
        var (reader, set) = (ProtobufReader(body), (domain: "", version: 1))
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let text)): set.domain = String(decoding: text, as: UTF8.self)
            case (2, .varint(let number)): set.version = Int(clamping: number)
            default: break
            }
        }
        return set
    }

    private static func noFile(_ name: String) -> PluginError {
        PluginError(.corrupted, "\(name) is no ONNX file, or ends too early. Export the model again.")
    }
}
