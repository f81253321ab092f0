/// Where a value came from.
package indirect enum ValueOrigin: Sendable, Hashable, CustomStringConvertible {
    /// Written in the file as it is.
    case literal
    /// The default of the option.
    case schemaDefault
    /// Not set, and the option has no default.
    case unset
    /// An environment variable.
    case environment(String)
    /// The default written beside an environment variable that is unset or empty.
    case environmentDefault(String)
    /// A secret, and where it was found: `environment` or a file.
    case secret(String, from: String)
    /// The content of a file.
    case file(String)
    /// Several of these in one text.
    case composed([ValueOrigin])

    /// The origin in words, without the value.
    package var description: String {
        switch self {
        case .literal: "written in the file"
        case .schemaDefault: "default"
        case .unset: "not set"
        case .environment(let name): "environment variable \(name)"
        case .environmentDefault(let name): "default beside the unset environment variable \(name)"
        case .secret(let name, let from): "secret \(name) from \(from)"
        case .file(let path): "file \(path)"
        case .composed(let parts): parts.map(\.description).joined(separator: ", ")
        }
    }
}
