package import PluginKit

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
        var reader = FieldReader(bytes[...])
        do throws(FieldReader.Fault) {
            while let field = try reader.next() {
                if field.number == 7 { hasGraph = true }
                if field.number == 8, let body = field.body { operators.append(try Self.operatorSet(body)) }
                if field.number == 14, let body = field.body { try take(property: body) }
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

    private mutating func take(property body: ArraySlice<UInt8>) throws(FieldReader.Fault) {
        var (reader, texts) = (FieldReader(body), [Int: String]())
        while let field = try reader.next() {
            texts[field.number] = field.body.map { String(decoding: $0, as: UTF8.self) }
        }
        if texts[1] == "features" { features = texts[2]?.split(separator: ",").map(String.init) }
    }

    private static func operatorSet(
        _ body: ArraySlice<UInt8>
    ) throws(FieldReader.Fault) -> (domain: String, version: Int) {
        var (reader, set) = (FieldReader(body), (domain: "", version: 1))
        while let field = try reader.next() {
            if field.number == 1, let text = field.body { set.domain = String(decoding: text, as: UTF8.self) }
            if field.number == 2 { set.version = field.value }
        }
        return set
    }

    private static func noFile(_ name: String) -> PluginError {
        PluginError(.corrupted, "\(name) is no ONNX file, or ends too early. Export the model again.")
    }
}

/// Fields of a message in the wire format of protocol buffers.
private struct FieldReader {
    struct Field {
        let number: Int
        var value = 0
        var body: ArraySlice<UInt8>?
    }

    enum Fault: Error { case malformed }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Returns the next field; `nil` at the end.
    mutating func next() throws(Fault) -> Field? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        var field = Field(number: tag >> 3)
        guard field.number > 0 else { throw .malformed }
        switch tag & 7 {
        case 0: field.value = try varint()
        case 1: _ = try take(8)
        case 2: field.body = try take(try varint())
        case 5: _ = try take(4)
        default: throw .malformed
        }
        return field
    }

    private mutating func take(_ count: Int) throws(Fault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw .malformed }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func varint() throws(Fault) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw .malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return Int(truncatingIfNeeded: value) }
        }
        throw .malformed
    }
}
