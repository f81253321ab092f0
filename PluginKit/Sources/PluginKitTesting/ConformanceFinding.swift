/// One claim of a contract that a plugin does not keep.
public struct ConformanceFinding: Sendable, Hashable, CustomStringConvertible {
    /// The check that found it: `warmUp`, `chunking`.
    public let check: String
    /// What is wrong, with the values and the place.
    public let message: String

    /// Creates a finding.
    public init(_ check: String, _ message: String) {
        self.check = check
        self.message = message
    }

    /// `check: message`.
    public var description: String { "\(check): \(message)" }
}
