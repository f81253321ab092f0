public import PluginKit

/// Whose JSON is read, for the messages of faults in it.
public struct JSONSubject: Sendable {
    /// The class of a fault.
    public let code: PluginError.Code
    /// Who reads what: `provider/yahoo: the chart of 'AAPL'`.
    public let name: String
    /// What to do, as a sentence.
    public let remedy: String

    /// Creates a subject; by default a reply from outside.
    public init(
        _ name: String, code: PluginError.Code = .malformed,
        remedy: String = "Route to another provider, and report it if it lasts."
    ) {
        self.name = name
        self.code = code
        self.remedy = remedy
    }
}
