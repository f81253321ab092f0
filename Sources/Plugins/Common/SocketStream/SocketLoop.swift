import CivilTime
import Glibc
import HTTPFetch
import PluginKit
import Synchronization

/// The thread of a socket, and the way to it from tasks: connects, shakes hands, answers pings, reads and writes.
///
/// It begins with `open` and ends with the connection. Nothing but the thread touches the wire.
final class SocketLoop: Sendable {
    private let mailbox = Mutex(SocketMailbox())
    private let bell: Bell
    private let address: HTTPAddress
    private let options: SocketOptions
    let report: SocketReport

    init(_ address: HTTPAddress, _ options: SocketOptions, _ report: SocketReport) throws(PluginError) {
        guard let bell = Bell() else {
            throw PluginError(
                .environment,
                "\(report.owner): the system has no file descriptor left. Raise the limit (ulimit -n).")
        }
        self.bell = bell
        self.address = address
        self.options = options
        self.report = report
    }

    // MARK: From tasks

    /// Starts the thread and waits until the connection stands.
    func open() async throws(PluginError) {
        if let error = begin() { throw error }
        _ = try await wait { $0.isOpen ? .success([]) : $0.ready() }.get()
    }

    func receive() async throws(PluginError) -> [SocketMessage] {
        let messages = try await wait { $0.ready() }.get()
        // Reading may have paused.
        bell.ring()
        return messages
    }

    func send(_ text: String, every span: Duration?) {
        mailbox.withLock { mailbox in
            mailbox.send(FrameWriter.text(text))
            if let span { mailbox.send(text, every: span) }
        }
        bell.ring()
    }

    /// Ends the thread; who waits gets `.cancelled`.
    func stop() {
        let waiter = mailbox.withLock { mailbox in
            mailbox.stop()
            return mailbox.end(report.stopped)
        }
        bell.ring()
        waiter?.resume(returning: .failure(report.stopped))
    }

    private func wait(_ ready: @escaping @Sendable (inout SocketMailbox) -> SocketResult?) async -> SocketResult {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = mailbox.withLock { mailbox -> SocketResult? in
                    if let result = ready(&mailbox) { return result }
                    mailbox.wait(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
                // Cancelled before it waited: the handler found nobody.
                if Task.isCancelled { stop() }
            }
        } onCancel: {
            stop()
        }
    }

    // MARK: The thread

    /// Starts the thread; it holds this object until it ends.
    private func begin() -> PluginError? {
        guard !NetworkThread.start({ self.run() }) else { return nil }
        return PluginError(
            .environment, "\(report.owner): the system has no thread left. Raise the limit (ulimit -u).")
    }

    private func run() {
        let error: PluginError
        do throws(PluginError) {
            guard let wire = SocketWire(to: address, options) else {
                throw report.noMemory
            }
            var connection = SocketConnection(wire, FrameReader(maximumBytes: options.maximumBytes))
            try connect(&connection)
            mailbox.withLock { $0.open() }?.resume(returning: .success([]))
            error = try serve(&connection)
        } catch let fault { error = fault }
        mailbox.withLock { $0.end(error) }?.resume(returning: .failure(error))
    }

    private func connect(_ connection: inout SocketConnection) throws(PluginError) {
        let deadline = ContinuousClock.now + options.connectTimeout
        while true {
            bell.clear()
            if mailbox.withLock({ $0.isStopped }) { throw report.stopped }
            guard ContinuousClock.now < deadline else { throw report.late }
            switch connection.wire.connect(bell) {
            case .success(true): return try shakeHands(&connection, before: deadline)
            case .success(false): continue
            case .failure(let fault): throw report.error(fault)
            }
        }
    }

    private func shakeHands(
        _ connection: inout SocketConnection, before deadline: ContinuousClock.Instant
    ) throws(PluginError) {
        let handshake = SocketHandshake(to: address, userAgent: options.userAgent)
        connection.outgoing = handshake.request
        var reply: [UInt8] = []
        while true {
            bell.clear()
            if mailbox.withLock({ $0.isStopped }) { throw report.stopped }
            do throws(WireFault) {
                try connection.wire.write(&connection.outgoing)
                reply += try connection.wire.read()
            } catch { throw report.error(error) }
            let head: SocketHandshake.Head?
            do throws(FrameReader.Violation) { head = try SocketHandshake.head(reply) } catch {
                throw report.error(error)
            }
            if let head {
                guard handshake.isAccepted(head) else { throw report.refusal(head) }
                connection.reader.append(reply[head.count...])
                return
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw report.late }
            connection.wire.wait(bell, reads: true, writes: !connection.outgoing.isEmpty, upTo: left)
        }
    }

    /// Serves until the end; returns why it ended.
    private func serve(_ connection: inout SocketConnection) throws(PluginError) -> PluginError {
        var timers = SocketTimers(options)
        while true {
            bell.clear()
            let (isStopped, isFull, repeated) = mailbox.withLock { mailbox in
                connection.outgoing += mailbox.takeOutgoing()
                return (mailbox.isStopped, mailbox.isFull, mailbox.repeated)
            }
            if isStopped { return leave(&connection) }
            do throws(WireFault) {
                var hasMore = false
                if !isFull { hasMore = try read(&connection, &timers) } else { timers.heard() }
                if let ending = connection.ending {
                    try? connection.wire.write(&connection.outgoing)
                    return ending
                }
                switch timers.due(repeating: repeated?.every) {
                case .ping: connection.outgoing += FrameWriter.ping()
                case .repeated: if let repeated { connection.outgoing += FrameWriter.text(repeated.text) }
                case .silent: return report.silent(options.silence)
                case nil: break
                }
                try connection.wire.write(&connection.outgoing)
                guard !hasMore else { continue }
                connection.wire.wait(
                    bell, reads: !isFull, writes: !connection.outgoing.isEmpty,
                    upTo: timers.next(repeating: repeated?.every))
            } catch {
                return report.error(error, within: connection.reader.isWithin)
            }
        }
    }

    /// Reads what is there, 16 reads at most; returns whether there may be more. What came before a fault is handed on.
    private func read(_ connection: inout SocketConnection, _ timers: inout SocketTimers) throws(WireFault) -> Bool {
        for _ in 0..<16 {
            let bytes: ArraySlice<UInt8> = try connection.wire.read()
            // What came with the handshake waits in the reader without a read.
            if !bytes.isEmpty {
                timers.heard()
                connection.reader.append(bytes)
            }
            let messages = connection.messages(report, arrival: WallClock.now())
            if !messages.isEmpty, let told = mailbox.withLock({ $0.add(messages) }) {
                told.waiter.resume(returning: told.result)
            }
            if bytes.isEmpty || connection.ending != nil { return false }
        }
        return true
    }

    private func leave(_ connection: inout SocketConnection) -> PluginError {
        connection.outgoing += FrameWriter.close(1000)
        try? connection.wire.write(&connection.outgoing)
        return report.stopped
    }
}

/// A connection on its thread: the wire, what was read of it, and what is still to be written.
struct SocketConnection {
    let wire: SocketWire
    var reader: FrameReader
    var outgoing: [UInt8] = []
    /// Why it ends, where the server ended it.
    private(set) var ending: PluginError?

    init(_ wire: SocketWire, _ reader: FrameReader) {
        self.wire = wire
        self.reader = reader
    }

    /// Returns the messages that are whole; pings are answered, a close noted.
    mutating func messages(_ report: SocketReport, arrival: Int64) -> [SocketMessage] {
        var messages: [SocketMessage] = []
        do {
            while ending == nil, let event = try reader.next() {
                switch event {
                case .message(let bytes): messages.append(SocketMessage(bytes, arrival: arrival))
                case .ping(let content): outgoing += FrameWriter.pong(content)
                case .pong: break
                case .close(let code, let reason):
                    outgoing += FrameWriter.close(code == 1005 ? 1000 : code)
                    ending = report.closed(code, reason)
                }
            }
        } catch {
            outgoing += FrameWriter.close(error.fault == .tooLong ? 1009 : 1002)
            ending = report.error(error)
        }
        return messages
    }
}
