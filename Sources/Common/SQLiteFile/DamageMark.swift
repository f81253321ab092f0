import Glibc

/// A note beside a database file that it was found damaged while it was used: the next start sets it aside.
public struct DamageMark: Sendable {
    /// What the note's name ends with.
    public static let suffix = "-damage"
    private let path: String

    /// Names the note of a database file.
    public init(_ database: String) { path = database + Self.suffix }

    /// What was found; `nil` where there is no note.
    public var reason: String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 400)
        let count = read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return "an earlier run found: \(text)"
    }

    /// Leaves the note; a full disk keeps none, and the damage is found again.
    public func leave(_ reason: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(reason.utf8.prefix(400))
        _ = write(descriptor, bytes, bytes.count)
    }
}
