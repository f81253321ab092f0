import PluginKit
import StdioProtocol

/// Serves an indicator: every state the host numbers is a value of its own; a request is about many of them.
final class IndicatorServer: KindServer {
    private let make: () throws(PluginError) -> any Indicator
    private let width: Int
    private var states: [Int64: any Indicator] = [:]
    let warmUpLength: Int
    let plugin: (any Plugin)? = nil

    init(
        _ make: @escaping @Sendable (Configuration) throws(PluginError) -> any Indicator,
        _ configuration: Configuration,
        width: Int
    ) throws(PluginError) {
        self.make = { () throws(PluginError) in try make(configuration) }
        self.width = width
        warmUpLength = try self.make().warmUpLength
    }

    func respond(to message: Message) throws(PluginError) -> Response? {
        switch message.type {
        case "run": .now(try run(message))
        case "checkpoint": .now(try save(message))
        case "restore": .now(try restore(message))
        case "drop": drop(message)
        case "probe": .now(Answer())
        default: nil
        }
    }

    private func drop(_ message: Message) -> Response {
        for id in message.body["states"]?.array ?? [] { if let id = id.integer { states[id] = nil } }
        return .silent
    }

    private func run(_ message: Message) throws(PluginError) -> Answer {
        let (ids, counts) = (try message.states(), try message.counts())
        guard let frame = message.frames.first, counts.reduce(0, +) == frame.rows else {
            throw PluginError(.badRequest, "'run' came with other events than its 'counts' say.")
        }
        var refused: [JSONValue] = []
        var values = [Double](repeating: .nan, count: frame.rows * width)
        var start = 0
        for (id, count) in zip(ids, counts) {
            // Taken out, so that there is one reference and the change is in place.
            var state: any Indicator
            if let known = states.removeValue(forKey: id) { state = known } else { state = try make() }
            defer { states[id] = state }
            try feed(frame, start..<start + count, to: &state, &values) { refused.append(.integer(Int64($0))) }
            start += count
        }
        let body: [String: JSONValue] = refused.isEmpty ? [:] : ["refused": .array(refused)]
        return Answer(body, frames: [.matrix(Matrix(rows: frame.rows, columns: width, values: values))])
    }

    /// Feeds a run of events and fills their rows; tells which were refused.
    private func feed<Subject: Indicator>(
        _ frame: Frame, _ rows: Range<Int>, to subject: inout Subject, _ values: inout [Double], refuse: (Int) -> Void
    ) throws(PluginError) {
        guard let events = frame.events(Subject.Input.self) else {
            throw PluginError(
                .badRequest, "'run' came with \(frame.kind.name); it reads \(Subject.inputKind.rawValue) events.")
        }
        let width = width
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for row in rows {
                let isTaken = subject.update(events[row], into: OutputRow(base: base + row * width, width: width))
                if !isTaken { refuse(row) }
            }
        }
    }

    private func save(_ message: Message) throws(PluginError) -> Answer {
        var bytes: [UInt8] = []
        var counts: [JSONValue] = []
        for id in try message.states() {
            var writer = StateWriter()
            if let known = states[id] { known.save(to: &writer) } else { try make().save(to: &writer) }
            bytes += writer.bytes
            counts.append(.integer(Int64(writer.bytes.count)))
        }
        return Answer(["counts": .array(counts)], frames: [.bytes(bytes)])
    }

    private func restore(_ message: Message) throws(PluginError) -> Answer {
        let (ids, counts) = (try message.states(), try message.counts())
        let bytes = (try? message.bytes()) ?? []
        guard counts.reduce(0, +) == bytes.count else {
            throw PluginError(.badRequest, "'restore' came with other bytes than its 'counts' say.")
        }
        var restored: [any Indicator] = []
        var start = 0
        for count in counts {
            var state = try make()
            var reader = StateReader(Array(bytes[start..<start + count]))
            try state.restore(from: &reader)
            guard reader.isAtEnd else {
                throw PluginError(.corrupted, "snapshot: it is longer than the state. Drop it and warm up again.")
            }
            restored.append(state)
            start += count
        }
        for (id, state) in zip(ids, restored) { states[id] = state }
        return Answer()
    }
}

extension Message {
    /// The numbers of the states a request is about, each once.
    fileprivate func states() throws(PluginError) -> [Int64] {
        let ids = (body["states"]?.array ?? []).compactMap(\.integer)
        guard !ids.isEmpty, Set(ids).count == ids.count, ids.count == body["states"]?.array?.count else {
            throw PluginError(.badRequest, "'\(type)' has no 'states' that are numbers, each once.")
        }
        return ids
    }

    /// How many events or bytes belong to each state.
    fileprivate func counts() throws(PluginError) -> [Int] {
        let counts = (body["counts"]?.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        guard counts.count == body["states"]?.array?.count, counts.allSatisfy({ (0...1 << 40).contains($0) }) else {
            throw PluginError(.badRequest, "'\(type)' has no 'counts' with a number for each state.")
        }
        return counts
    }
}
