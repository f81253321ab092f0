/// Finds what scripts wrap: sources answer with JavaScript, since web pages load them as such.
enum ScriptText {
    /// Returns the JSON of `name({...});`, `name={...}`, `/*...*/ =([...]);` or of bare JSON: from its first bracket to the last;
    /// `null` where the script wraps that, `nil` where there is neither.
    static func json(_ bytes: [UInt8]) -> [UInt8]? {
        let start = bytes.starts(with: "/*".utf8) ? endOfComment(bytes) : 0
        let isOpening = { (byte: UInt8) in byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") }
        guard let first = bytes[start...].firstIndex(where: isOpening) else {
            let text = String(decoding: bytes[start...], as: UTF8.self)
            return text.contains("null") ? Array("null".utf8) : nil
        }
        let closing = bytes[first] == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
        // Where the end is cut off, the reader of the JSON says so.
        let last = bytes[first...].lastIndex(of: closing) ?? bytes.endIndex - 1
        return Array(bytes[first...last])
    }

    /// Returns what a script assigns to a name, `name="..."`; `nil` where it does not.
    static func value(of name: String, in script: String) -> String? {
        guard let start = script.firstRange(of: "\(name)=\"")?.upperBound else { return nil }
        return script[start...].firstIndex(of: "\"").map { String(script[start..<$0]) }
    }

    private static func endOfComment(_ bytes: [UInt8]) -> Int {
        let ends = bytes.indices.dropFirst(3).first {
            bytes[$0 - 1] == UInt8(ascii: "*") && bytes[$0] == UInt8(ascii: "/")
        }
        return ends.map { $0 + 1 } ?? 0
    }
}
