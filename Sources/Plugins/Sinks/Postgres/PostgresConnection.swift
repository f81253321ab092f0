import CallQueue
import Glibc
import PluginKit

/// A connection to a server. No call waits longer than its limit allows; after one that threw it is of no more use.
final class PostgresConnection {
    private enum Status {
        static let pollFailed: Int32 = 0
        static let pollReading: Int32 = 1
        static let pollDone: Int32 = 3
        static let commandDone: Int32 = 1
        static let rows: Int32 = 2
        static let copyIn: Int32 = 4
    }

    /// How long the socket is waited for between two looks at the limit.
    private static let look: Int32 = 100
    /// Bytes given to libpq at once.
    private static let piece = 1 << 18

    private let library: PostgresLibrary
    private let handle: PostgresLibrary.Handle
    private let faults: PostgresFaults

    /// Connects.
    ///
    /// - Parameter parameters: keywords of libpq and their values.
    init(
        _ library: PostgresLibrary, _ parameters: [(name: String, value: String)], _ faults: PostgresFaults,
        _ limit: CallLimit
    ) throws(PluginError) {
        self.library = library
        self.faults = faults
        guard let handle = Self.start(library, parameters) else {
            throw faults.error(.environment, "cannot be asked: no memory", "Free memory.")
        }
        self.handle = handle
        // Verbose: with the state beside the words.
        _ = library.setVerbosity(handle, 2)
        _ = library.setNotices(handle, { _, _ in }, nil)
        try finishConnecting(limit)
        _ = library.setNonblocking(handle, 1)
    }

    deinit { library.finish(handle) }

    private static func start(
        _ library: PostgresLibrary, _ parameters: [(name: String, value: String)]
    ) -> PostgresLibrary.Handle? {
        let names = parameters.map { strdup($0.name) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in names + values { free(text) } }
        let ended = { (texts: [UnsafeMutablePointer<CChar>?]) in texts.map { $0.map { UnsafePointer($0) } } + [nil] }
        return library.connect(ended(names), ended(values), 0)
    }

    private func finishConnecting(_ limit: CallLimit) throws(PluginError) {
        var step: Int32 = library.status(handle) == 1 ? Status.pollFailed : 2
        while step != Status.pollDone {
            guard step != Status.pollFailed else { throw lost() }
            try wait(for: step == Status.pollReading ? POLLIN : POLLOUT, limit)
            step = library.poll(handle)
        }
    }

    /// What the server said of one of its settings when it was connected to.
    func setting(_ name: String) -> String? { library.parameter(handle, name).map { String(cString: $0) } }

    /// Runs statements, and returns the cells of the last one's rows, NULL as an empty text.
    @discardableResult
    func run(_ sql: String, _ limit: CallLimit) throws(PluginError) -> [[String]] {
        guard library.send(handle, sql) == 1 else { throw lost() }
        try flush(limit)
        return try answers(limit)
    }

    /// The state that the server gave with the last fault it told.
    private(set) var lastState: String?

    /// Copies pieces, which together are a whole copy, by a statement `COPY ... FROM STDIN`.
    func copy(_ sql: String, _ pieces: [[UInt8]], _ limit: CallLimit) throws(PluginError) {
        guard library.send(handle, sql) == 1 else { throw lost() }
        try flush(limit)
        guard try next(limit) == Status.copyIn else { throw lost() }
        for bytes in pieces {
            for start in stride(from: 0, to: bytes.count, by: Self.piece) {
                try put(bytes[start..<min(start + Self.piece, bytes.count)], limit)
            }
        }
        var ended = library.endCopy(handle, nil)
        while ended == 0 {
            try wait(for: POLLOUT, limit)
            ended = library.endCopy(handle, nil)
        }
        guard ended == 1 else { throw try refusal(limit) }
        try flush(limit)
        try answers(limit)
    }

    // MARK: Steps

    private func put(_ bytes: ArraySlice<UInt8>, _ limit: CallLimit) throws(PluginError) {
        while true {
            let result = bytes.withUnsafeBytes { library.putCopy(handle, $0.baseAddress, Int32($0.count)) }
            if result == 1 { return }
            guard result == 0 else { throw try refusal(limit) }
            try wait(for: POLLOUT, limit)
        }
    }

    /// What the server said when it ended a copy before all was sent.
    private func refusal(_ limit: CallLimit) throws(PluginError) -> PluginError {
        try answers(limit)
        return lost()
    }

    private func flush(_ limit: CallLimit) throws(PluginError) {
        while true {
            let result = library.flush(handle)
            if result == 0 { return }
            guard result == 1 else { throw lost() }
            // The server may want to be read before it reads on.
            try wait(for: POLLOUT | POLLIN, limit)
            guard library.consume(handle) == 1 else { throw lost() }
        }
    }

    /// Takes all answers; throws the first that is a fault.
    @discardableResult
    private func answers(_ limit: CallLimit) throws(PluginError) -> [[String]] {
        var (rows, fault): ([[String]], PluginError?) = ([], nil)
        while let answer = try take(limit) {
            defer { library.clear(answer) }
            switch library.answerStatus(answer) {
            case Status.rows: rows = cells(of: answer)
            case Status.commandDone: rows = []
            default: fault = fault ?? said(answer)
            }
        }
        if let fault { throw fault }
        return rows
    }

    private func next(_ limit: CallLimit) throws(PluginError) -> Int32 {
        guard let answer = try take(limit) else { throw lost() }
        defer { library.clear(answer) }
        let status = library.answerStatus(answer)
        guard status == Status.copyIn else { throw said(answer) }
        return status
    }

    private func take(_ limit: CallLimit) throws(PluginError) -> PostgresLibrary.Answer? {
        while library.isBusy(handle) == 1 {
            try wait(for: POLLIN, limit)
            guard library.consume(handle) == 1 else { throw lost() }
        }
        return library.answer(handle)
    }

    private func cells(of answer: PostgresLibrary.Answer) -> [[String]] {
        (0..<library.rowCount(answer)).map { row in
            (0..<library.columnCount(answer)).map { column in
                library.cell(answer, row, column).map { String(cString: $0) } ?? ""
            }
        }
    }

    /// Waits until the socket can be read or written; throws where the limit is reached.
    private func wait(for events: Int32, _ limit: CallLimit) throws(PluginError) {
        while true {
            try limit.check(
                "\(faults.who): PostgreSQL at \(PluginError.quoted(faults.place))",
                "Look for locks and load there (pg_stat_activity), or raise 'timeout'.")
            var waiting = pollfd(fd: library.socket(handle), events: Int16(events), revents: 0)
            guard waiting.fd >= 0 else { throw lost() }
            if Glibc.poll(&waiting, 1, Self.look) != 0 { return }
        }
    }

    private func said(_ answer: PostgresLibrary.Answer) -> PluginError {
        let field = { (name: Character) in
            self.library.answerError(answer, Int32(name.asciiValue ?? 0)).map { String(cString: $0) }
        }
        guard let state = field("C") else { return lost() }
        lastState = state
        return faults.answered(state, field("M") ?? "no reason given")
    }

    private func lost() -> PluginError {
        let words = library.error(handle).map { String(cString: $0) } ?? ""
        return faults.connecting(words, needsPassword: library.needsPassword(handle) == 1)
    }
}
