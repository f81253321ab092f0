import CProcessLauncher
import Glibc
import PluginKit
import StdioProtocol
import Synchronization

/// The loop of a process's thread: waits for bytes, the end, a deadline or more to write.
struct ChildLoop {
    private static let chunk = 256 << 10
    private static let messagesPerSecond = 50_000
    private let start: ProcessStart
    private let command: ProcessCommand
    private let watch: Int32
    private var decoder = MessageDecoder()
    private var lines: LogLines
    private var buffer = [UInt8](repeating: 0, count: chunk)
    private var unasked = 0
    private var second: Int64 = 0
    private var isLogOpen = true
    private var wasTerminated = false
    private var diskLook: Int64 = .min

    init(_ start: ProcessStart, _ command: ProcessCommand, mask: SecretMask) {
        self.start = start
        self.command = command
        lines = LogLines(mask)
        watch = penstock_watch(start.child)
    }

    /// The end of the plugin's log: usually says why it ended, and where.
    var lastWords: String { lines.lastWords }

    /// Runs until the process ends or breaks the protocol; returns why, empty where it ended by itself.
    mutating func run(_ child: ChildProcess) -> String {
        decoder = MessageDecoder(limits: child.limits)
        while true {
            let wantsWrite = child.wantsToWrite
            var polls = [
                pollfd(fd: start.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isLogOpen ? start.log : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: child.bell, events: Int16(POLLIN), revents: 0),
                pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wantsWrite ? start.input : -1, events: Int16(POLLOUT), revents: 0),
            ]
            let ready = poll(&polls, 5, 100)
            if ready < 0, errno != EINTR { return "the host cannot watch its process" }
            let now = ChildProcess.clock.now
            if polls[2].revents != 0 { silence(child.bell) }
            lines.refill(Self.second(now)) { child.hooks.log(.warning, $0, [:]) }
            if polls[1].revents != 0 { readLog(child) }
            if polls[0].revents != 0, let reason = readOutput(child, now) { return reason }
            if polls[3].revents != 0 { return drain(child, now) }
            if polls[4].revents != 0 { child.write() }
            child.beat(now)
            if let reason = child.overdue(now) { return reason }
            if stopIsOver(child, now) { return "it did not stop in time" }
            if let reason = diskExcess(now) { return reason }
        }
    }

    /// Ends the program with everything it started, takes how it ended and closes the ends the host reads.
    mutating func end() -> penstock_end {
        // One that closed its output is most often about to exit: then its own status says more than the signal.
        var polls = [pollfd(fd: watch, events: Int16(POLLIN), revents: 0)]
        _ = poll(&polls, 1, 100)
        let end = penstock_finish(start.child)
        ProcessStart.close([start.output, start.log])
        return end
    }

    private func silence(_ bell: Int32) {
        var count: UInt64 = 0
        _ = read(bell, &count, 8)
    }

    private mutating func take(_ descriptor: Int32) -> Int {
        buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    }

    /// Reads one chunk of messages; returns why the process must end.
    private mutating func readOutput(_ child: ChildProcess, _ now: ContinuousClock.Instant) -> String? {
        let count = take(start.output)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : "its standard output cannot be read" }
        do throws(ProtocolError) {
            guard count > 0 else {
                try decoder.end()
                return drainLog(child)
            }
            child.state.withLock { $0.lastSign = now }
            decoder.feed(buffer[..<count])
            while let message = try decoder.next() {
                if let reason = take(child.mask.hide(message), child) ?? countUnasked(message, now) { return reason }
            }
            return nil
        } catch {
            return "\(error.code): \(error.message)"
        }
    }

    private mutating func take(_ message: Message, _ child: ChildProcess) -> String? {
        guard message.type == "log" else { return child.handle(message) }
        let level = PluginLogLevel(rawValue: message.body["level"]?.text ?? "") ?? .info
        let data = (message.body["data"]?.object ?? [:]).compactMapValues(\.text)
        lines.take(message.body["message"]?.text ?? "", data) { child.hooks.log(level, $0, $1) }
        return nil
    }

    /// Messages nobody asked for are limited: a flood of them ends the process.
    private mutating func countUnasked(_ message: Message, _ now: ContinuousClock.Instant) -> String? {
        guard message.type != "result" else { return nil }
        let instant = Self.second(now)
        if instant != second { (second, unasked) = (instant, 0) }
        unasked += 1
        guard unasked > Self.messagesPerSecond else { return nil }
        return "it sent more than \(Self.messagesPerSecond) messages in a second that nobody asked for"
    }

    private mutating func readLog(_ child: ChildProcess) {
        let count = take(start.log)
        if count == 0 { isLogOpen = false }
        guard count > 0 else { return }
        lines.take(buffer[..<count]) { child.hooks.log(.info, $0, ["stream": "stderr"]) }
    }

    /// Reads what the process left behind when it ended.
    private mutating func drain(_ child: ChildProcess, _ now: ContinuousClock.Instant) -> String {
        for _ in 0..<1_024 {
            var polls = [pollfd(fd: start.output, events: Int16(POLLIN), revents: 0)]
            guard poll(&polls, 1, 0) > 0 else { break }
            if let reason = readOutput(child, now) { return reason }
        }
        return drainLog(child)
    }

    /// Reads the rest of the log; the end itself is told by the status.
    private mutating func drainLog(_ child: ChildProcess) -> String {
        if isLogOpen { readLog(child) }
        lines.finish { child.hooks.log(.info, $0, ["stream": "stderr"]) }
        lines.refill(.max) { child.hooks.log(.warning, $0, [:]) }
        return ""
    }

    /// After the grace: SIGTERM to the group first, the same time again later SIGKILL by `end`.
    private mutating func stopIsOver(_ child: ChildProcess, _ now: ContinuousClock.Instant) -> Bool {
        guard let stopAt = child.state.withLock({ $0.stopAt }), now > stopAt else { return false }
        guard !wasTerminated else { return true }
        wasTerminated = true
        penstock_ask_to_end(start.child)
        child.state.withLock { $0.stopAt = now + .milliseconds(500) }
        return false
    }

    /// Looks once a second at what the program keeps on disk.
    private mutating func diskExcess(_ now: ContinuousClock.Instant) -> String? {
        guard command.diskBytes > 0, Self.second(now) != diskLook else { return nil }
        diskLook = Self.second(now)
        guard let excess = FolderSize.excess(command.diskBytes, command.stateDirectory) else { return nil }
        return
            "its state folder \(PluginError.quoted(command.stateDirectory)) \(excess); remove what it does not need there"
    }

    private static func second(_ now: ContinuousClock.Instant) -> Int64 {
        (now - origin).components.seconds
    }

    private static let origin = ContinuousClock().now
}
