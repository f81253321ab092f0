import PluginKit
import StdioProtocol

/// Serves an indicator: every state the host numbers is a value of its own.
final class IndicatorServer: KindServer {
    private let make: () throws(PluginError) -> any Indicator
    private let width: Int
    private var states: [Int64: any Indicator] = [:]
    private var values: [Double] = []
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
        if let id = message.body["state"]?.integer { states[id] = nil }
        return .silent
    }

    private func run(_ message: Message) throws(PluginError) -> Answer {
        let id = try message.state()
        guard let frame = message.frames.first else {
            throw PluginError(.badRequest, "'run' came without events.")
        }
        // Taken out, so that there is one reference and the change is in place.
        var state: any Indicator
        if let known = states.removeValue(forKey: id) { state = known } else { state = try make() }
        defer { states[id] = state }
        let (rows, refused) = try feed(frame, to: &state)
        let body: [String: JSONValue] = refused.isEmpty ? [:] : ["refused": .array(refused)]
        return Answer(body, frames: [.matrix(Matrix(rows: rows, columns: width, values: values))])
    }

    /// Feeds events and fills `values`; returns how many there were and the rows refused.
    private func feed<Subject: Indicator>(
        _ frame: Frame, to subject: inout Subject
    ) throws(PluginError) -> (rows: Int, refused: [JSONValue]) {
        guard let events = frame.events(Subject.Input.self) else {
            throw PluginError(
                .badRequest, "'run' came with \(frame.kind.name); it reads \(Subject.inputKind.rawValue) events.")
        }
        let width = width
        var refused: [JSONValue] = []
        values = [Double](unsafeUninitializedCapacity: events.count * width) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            base.initialize(repeating: .nan, count: events.count * width)
            for row in events.indices {
                let isTaken = subject.update(events[row], into: OutputRow(base: base + row * width, width: width))
                if !isTaken { refused.append(.integer(Int64(row))) }
            }
            count = events.count * width
        }
        return (events.count, refused)
    }

    private func save(_ message: Message) throws(PluginError) -> Answer {
        var writer = StateWriter()
        if let known = states[try message.state()] { known.save(to: &writer) } else { try make().save(to: &writer) }
        return Answer(frames: [.bytes(writer.bytes)])
    }

    private func restore(_ message: Message) throws(PluginError) -> Answer {
        let id = try message.state()
        let bytes = (try? message.bytes()) ?? []
        var state = try make()
        if !bytes.isEmpty {
            var reader = StateReader(bytes)
            try state.restore(from: &reader)
            guard reader.isAtEnd else {
                throw PluginError(.corrupted, "snapshot: it is longer than the state. Drop it and warm up again.")
            }
        }
        states[id] = state
        return Answer()
    }
}

extension Message {
    /// The number of the state a request is about.
    fileprivate func state() throws(PluginError) -> Int64 {
        guard let id = body["state"]?.integer else { throw PluginError(.badRequest, "'\(type)' has no 'state'.") }
        return id
    }
}
