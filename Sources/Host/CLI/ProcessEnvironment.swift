import Glibc

/// The environment variables of this process.
enum ProcessEnvironment {
    /// All of them, by name.
    static var all: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            if let split = text.firstIndex(of: "=") {
                variables[String(text[..<split])] = String(text[text.index(after: split)...])
            }
            entry += 1
        }
        return variables
    }
}
