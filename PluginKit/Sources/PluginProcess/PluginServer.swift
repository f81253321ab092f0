import Dispatch
import PluginKit
import StdioProtocol
import Synchronization

/// Reads requests and answers them: what is arithmetic on the reading thread, what waits in a task.
struct PluginServer {
    private let plugin: PluginType
    private let channel: HostChannel
    private let names = HostNames()
    private let tasks = RunningTasks()
    private var instance: (any KindServer)?
    private var faults: FaultReport

    init(_ plugin: PluginType, _ channel: HostChannel) {
        self.plugin = plugin
        self.channel = channel
        faults = FaultReport(channel: channel, prefixes: ["\(plugin.descriptor.id): "])
    }

    /// Serves until the host says stop or goes away; returns the program's exit status.
    mutating func run() -> Int32 {
        // A training set may be as large as there is memory for.
        var decoder = MessageDecoder(limits: ProtocolLimits(message: .max))
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = channel.read(into: &buffer)
            guard count > 0 else { return end(0) }
            decoder.feed(buffer[..<count])
            do {
                while let message = try decoder.next() {
                    if let status = handle(message) { return end(status) }
                }
            } catch {
                print("the host's message cannot be read: \(error)")
                return end(2)
            }
        }
    }

    /// Handles one message; returns the status where it is the last.
    private mutating func handle(_ message: Message) -> Int32? {
        switch message.type {
        case "stop": return 0
        case "cancel": tasks.cancel(message.id)
        case "hello": return greet(message)
        default:
            do throws(PluginError) {
                switch try reply(to: message) {
                case .silent: break
                case .now(let answer):
                    channel.send(Message("result", id: message.id, answer.body, frames: answer.frames))
                case .later(let work): start(work, message.id)
                }
            } catch {
                faults.report(error, message.id)
            }
        }
        return nil
    }

    private func greet(_ message: Message) -> Int32? {
        let versions = message.body["versions"]?.array?.compactMap(\.integer) ?? []
        let version = ProtocolLimits.versions.last { versions.contains($0) }
        guard message.body["protocol"]?.text == ProtocolLimits.name, let version else {
            faults.report(
                PluginError(
                    .unsupported,
                    "it speaks \(ProtocolLimits.name) \(ProtocolLimits.versions), the host \(versions)."),
                message.id)
            return 2
        }
        let forms = message.body["forms"]?.array?.compactMap(\.text) ?? []
        let form = forms.contains("binary") ? Message.FrameForm.binary : .json
        channel.tell(
            "hello", id: message.id,
            ["version": .integer(version), "frames_form": .text(form.rawValue), "sdk": .text("swift")])
        channel.use(form)
        return nil
    }

    private mutating func reply(to message: Message) throws(PluginError) -> Response {
        switch message.type {
        case "ping": return .now(Answer())
        case "describe": return .now(Answer(["descriptor": try descriptor.json]))
        case "validate":
            let configuration = configuration(message)
            let faults = plugin.validate(configuration).map { fault in
                var members: [String: JSONValue] = ["option": .text(fault.option), "message": .text(fault.message)]
                members["range"] = fault.range.map {
                    .array([$0.lowerBound, $0.upperBound].map { .integer(Int64($0)) })
                }
                return JSONValue.object(members)
            }
            var answer = Answer(["faults": .array(faults)])
            if faults.isEmpty, plugin.descriptor.kind == .indicator { answer.body["outputs"] = outputs(configuration) }
            return .now(answer)
        case "configure": return .now(try configure(message))
        default:
            guard let instance else {
                throw PluginError(.badRequest, "'\(message.type)' came before 'configure'.")
            }
            names.learn(message)
            guard let response = try instance.respond(to: message) else {
                throw PluginError(.unsupported, "the request \(PluginError.quoted(message.type)) is not known.")
            }
            return response
        }
    }

    private var descriptor: PluginDescriptor {
        get throws(PluginError) {
            let descriptor = plugin.descriptor
            guard descriptor.schema.options.count <= 256 else {
                throw PluginError(.unsupported, "it has \(descriptor.schema.options.count) options; allowed are 256.")
            }
            return descriptor
        }
    }

    private func configuration(_ message: Message) -> Configuration {
        var values: [String: ConfigurationValue] = [:]
        for (name, json) in message.body["options"]?.object ?? [:] {
            let typed = plugin.descriptor.schema[name].flatMap { ConfigurationValue(json, $0.type) }
            // A value of another type goes on as it is: the plugin says what it thinks of it.
            values[name] = typed ?? ConfigurationValue(untyped: json)
        }
        return Configuration(instance: message.body["instance"]?.text ?? plugin.descriptor.id, values: values)
    }

    private func outputs(_ configuration: Configuration) -> JSONValue {
        .array(plugin.outputs(configuration).map(\.json))
    }

    private mutating func configure(_ message: Message) throws(PluginError) -> Answer {
        guard instance == nil else { throw PluginError(.badRequest, "'configure' came twice.") }
        let configuration = configuration(message)
        faults.prefixes.insert("\(configuration.instance): ", at: 0)
        let (channel, text) = (channel, { (name: String) in message.body[name]?.text ?? "." })
        let context = PluginContext(
            baseDirectory: text("base_directory"), stateDirectory: text("state_directory"), instruments: names,
            log: { level, line, data in
                channel.tell(
                    "log",
                    [
                        "level": .text(level.rawValue), "message": .text(String(line.prefix(2_000))),
                        "data": .object(data.mapValues { .text($0) }),
                    ])
            },
            publish: { name, topic, bytes in
                var body: [String: JSONValue] = [
                    "channel": .text(name), "text": .text(String(decoding: bytes, as: UTF8.self)),
                ]
                body["topic"] = topic.map { .text($0) }
                channel.tell("publish", body)
            })
        switch plugin.maker {
        case .indicator(let make):
            let server = try IndicatorServer(make, configuration, width: plugin.outputs(configuration).count)
            instance = server
            return Answer(["warm_up": .integer(Int64(server.warmUpLength)), "outputs": outputs(configuration)])
        case .model(let make): instance = ModelServer(try make(configuration, context), channel)
        case .sink(let make): instance = SinkServer(try make(configuration, context), names)
        case .provider(let make): instance = ProviderServer(try make(configuration, context), channel, tasks)
        }
        return Answer()
    }

    private func start(_ work: @escaping @Sendable () async throws(PluginError) -> Answer, _ id: UInt64) {
        let (channel, faults) = (channel, faults)
        tasks.start(id) {
            do throws(PluginError) {
                let answer = try await work()
                channel.send(Message("result", id: id, answer.body, frames: answer.frames))
            } catch {
                faults.report(error, id)
            }
        }
    }

    /// Cancels what runs, stops the instance and waits for that; the host ends a program that takes too long.
    private func end(_ status: Int32) -> Int32 {
        tasks.cancelAll()
        guard let plugin = instance?.plugin else { return status }
        let isStopped = DispatchSemaphore(value: 0)
        // Ends by itself, or with the process.
        Task {
            await plugin.stop()
            isStopped.signal()
        }
        isStopped.wait()
        return status
    }
}

/// Tells the host what a request failed of.
private struct FaultReport: Sendable {
    let channel: HostChannel
    /// What messages begin with: the host writes the instance's name itself, and once is enough.
    var prefixes: [String]

    /// Answers a request; what answers none is a line of the log.
    func report(_ error: PluginError, _ id: UInt64) {
        guard id != 0 else { return print("\(error.code): \(error.message)") }
        let prefix = prefixes.first { error.message.hasPrefix($0) } ?? ""
        var body: [String: JSONValue] = [
            "code": .text(error.code.description),
            "message": .text(String(error.message.dropFirst(prefix.count).prefix(2_000))),
        ]
        body["retry_after"] = error.retryAfter.map { .number($0 / .seconds(1)) }
        channel.tell("error", id: id, body)
    }
}

/// What a request is answered with.
struct Answer: Sendable {
    var body: [String: JSONValue]
    var frames: [Frame]

    init(_ body: [String: JSONValue] = [:], frames: [Frame] = []) {
        self.body = body
        self.frames = frames
    }
}

/// How a request is answered.
enum Response: Sendable {
    /// Not at all.
    case silent
    /// At once.
    case now(Answer)
    /// By a task.
    case later(@Sendable () async throws(PluginError) -> Answer)
}

/// Answers the requests of one kind of plugin; used by the reading thread only.
protocol KindServer {
    /// The instance to stop; `nil` for an indicator.
    var plugin: (any Plugin)? { get }

    /// Returns how a request is answered; `nil` where it is not known.
    func respond(to message: Message) throws(PluginError) -> Response?
}
