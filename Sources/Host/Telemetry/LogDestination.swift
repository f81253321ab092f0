import Glibc
package import Logging
import Synchronization

/// Where log lines go: a file descriptor, by default standard error. Shared by all handlers.
package final class LogDestination: Sendable {
    /// The form of a line.
    package enum Format: String, Sendable, CaseIterable {
        /// Aligned text for people.
        case text
        /// One JSON object a line, for programs.
        case json
    }

    private struct State {
        var level: Logger.Level
        var dropped = 0
        /// Lines that came while another was written, in order.
        var waiting: [[UInt8]] = []
        /// Whether a caller is writing; nobody else does then.
        var isBusy = false
        /// Whether what was written last ends within a line.
        var isCut = false
    }

    /// Lines that wait while another is written; more are dropped.
    private static let most = 1_000

    private let descriptor: Int32
    private let format: Format
    private let usesColour: Bool
    private let patience: Int32
    private let before: @Sendable () -> Void
    private let state: Mutex<State>

    /// Creates a destination.
    ///
    /// - Parameters:
    ///   - descriptor: where bytes go; it stays open.
    ///   - format: the form of a line.
    ///   - level: events below are not written.
    ///   - usesColour: `nil` decides by itself: on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    ///   - patience: how long one call may wait for the other end, in milliseconds; after a drop none waits at all.
    ///   - before: called before something is written, as to make way on a terminal.
    package init(
        descriptor: Int32 = STDERR_FILENO, format: Format, level: Logger.Level, usesColour: Bool? = nil,
        patience: Int32 = 50, before: @escaping @Sendable () -> Void = {}
    ) {
        self.before = before
        self.descriptor = descriptor
        self.format = format
        self.usesColour = format == .text && (usesColour ?? Self.isColourful(descriptor))
        self.patience = patience
        self.state = Mutex(State(level: level))
    }

    /// Events below are not written; can be changed while the host runs.
    package var level: Logger.Level {
        get { state.withLock { $0.level } }
        set { state.withLock { $0.level = newValue } }
    }

    /// Lines lost since the last one that got through.
    package var droppedLines: Int { state.withLock { $0.dropped } }

    /// Writes a line, or drops it where the other end takes nothing; while another caller writes, that one writes it too.
    func write(_ line: LogLine) {
        let bytes = Array(rendered(line).utf8)
        let isOwn = state.withLock { state in
            guard state.waiting.count < Self.most else {
                state.dropped += 1
                return false
            }
            state.waiting.append(bytes)
            defer { state.isBusy = true }
            return !state.isBusy
        }
        if isOwn { writeAll() }
    }

    /// Writes what waits, until nothing does. No lock is held while the other end is waited for.
    private func writeAll() {
        while let (bytes, dropped) = next() {
            before()
            let isWritten = (dropped == 0 || report(dropped)) && put(bytes, waits: dropped == 0)
            if !isWritten { state.withLock { $0.dropped += 1 } }
        }
    }

    private func next() -> (bytes: [UInt8], dropped: Int)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isBusy = false
                return nil
            }
            return (state.waiting.removeFirst(), state.dropped)
        }
    }

    /// Says how many lines were lost, once the other end takes bytes again.
    private func report(_ dropped: Int) -> Bool {
        let line = LogLine(
            level: .warning, label: "log", message: "Log lines were lost: the reader did not keep up",
            metadata: ["count": .stringConvertible(dropped)])
        let isCut = state.withLock { $0.isCut }
        guard put(Array((isCut ? "\n" : "").utf8) + Array(rendered(line).utf8), waits: false) else { return false }
        state.withLock { $0.dropped -= dropped }
        return true
    }

    private func rendered(_ line: LogLine) -> String {
        format == .json ? line.json : line.text(usesColour: usesColour)
    }

    /// Writes in pieces of 4,096 bytes: a pipe that polls as writable takes that much without waiting.
    private func put(_ bytes: [UInt8], waits: Bool) -> Bool {
        var start = 0
        while start < bytes.count {
            guard isWritable(wait: waits ? patience : 0) else { break }
            let count = bytes[start..<min(start + 4096, bytes.count)].withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            start += count
        }
        let isCut = start < bytes.count
        if start > 0 { state.withLock { $0.isCut = isCut } }
        return !isCut
    }

    private func isWritable(wait: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, wait) == 1 && entry.revents & Int16(POLLOUT) != 0
    }

    private static func isColourful(_ descriptor: Int32) -> Bool {
        func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
        return isatty(descriptor) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
    }
}
