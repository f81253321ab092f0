/// A text that cannot be printed, logged, compared in public or encoded by accident.
///
/// `reveal()` is the one way to its content; grep for it to see every use.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let content: String

    /// Wraps a secret text.
    public init(_ content: String) { self.content = content }

    /// Returns the text itself; call it only where it leaves for the source it belongs to.
    public func reveal() -> String { content }

    /// Whether there is no text at all.
    public var isEmpty: Bool { content.isEmpty }

    /// `<secret>`, always.
    public var description: String { "<secret>" }

    /// `<secret>`, always.
    public var debugDescription: String { "<secret>" }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
