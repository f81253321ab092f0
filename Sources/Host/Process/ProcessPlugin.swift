package import PluginKit
import StdioProtocol
import Synchronization

/// A plugin in a process of its own: starts its program, asks what it is, and gives a type to make instances of.
package struct ProcessPlugin: Sendable {
    /// How the program is started.
    package var command: ProcessCommand
    /// How long the host waits.
    package var deadlines = ProcessDeadlines()
    /// When a process is started again.
    package var restart = RestartPolicy()
    /// Learns each change of an instance's state; called on any thread.
    ///
    /// Two sessions of one instance run while a reload builds the new beside the old. Processes that are only
    /// described or asked about options are no instance and tell nothing.
    package var onState: @Sendable (_ instance: String, _ session: UInt64, ProcessState) -> Void = { _, _, _ in }
    /// Takes the numbers an instance reports; called on its process's thread.
    package var onMetric: @Sendable (_ instance: String, _ name: String, _ value: Double) -> Void = { _, _, _ in }
    /// Takes log lines of instances that were made without a context.
    package var onLog: @Sendable (_ instance: String, PluginLogLevel, String, [String: String]) -> Void = {
        _, _, _, _ in
    }
    /// Fits the command to an instance: its state folder, and the paths its options hold. `nil` options: none is made.
    package var fit: @Sendable (ProcessCommand, _ options: Configuration?, PluginContext?) -> ProcessCommand = {
        command, _, _ in command
    }

    private static let lastSession = Atomic<UInt64>(0)

    /// Creates a plugin from its command.
    package init(command: ProcessCommand) { self.command = command }

    /// Starts the program, reads its descriptor and ends it; blocks until then.
    ///
    /// - Parameter owner: how messages name it, `kind/id` where that is known.
    package func describe(as owner: String? = nil) throws(PluginError) -> PluginType {
        let session = session(owner ?? "plugin/\(command.arguments.first ?? "")", nil, nil)
        defer { session.stop() }
        let answer = try session.call("describe", within: deadlines.exchange)
        let descriptor = try DescriptorReading(owner: session.setup.owner).descriptor(answer.body["descriptor"])
        return type(descriptor)
    }

    /// Returns a type to make instances of, for a plugin whose descriptor is known; starts nothing.
    ///
    /// An indicator's columns are those it answered when its options were validated, else those of the descriptor.
    package func type(_ descriptor: PluginDescriptor) -> PluginType {
        let columns = AnsweredColumns(descriptor)
        let make: @Sendable (String, Configuration?, PluginContext?) -> ProcessSession = { session($0, $1, $2) }
        let shared = SharedSessions()
        let maker: PluginType.Maker =
            switch descriptor.kind {
            case .provider:
                .provider { (options, context) throws(PluginError) in
                    ProcessProvider(make(options.instance, options, context))
                }
            case .indicator:
                .indicator { (options) throws(PluginError) in
                    let session = shared.session(options) { make(options.instance, options, nil) }
                    let outputs = try columns.of(options, made: try session.live().answer)
                    return try Self.indicator(descriptor.reads.type, session, outputs)
                }
            case .model:
                .model { (options, context) throws(PluginError) in
                    ProcessModel(make(options.instance, options, context))
                }
            case .sink:
                .sink { (options, context) throws(PluginError) in
                    ProcessSink(make(options.instance, options, context))
                }
            }
        return PluginType(
            descriptor: descriptor, tier: .process, typeName: command.arguments.joined(separator: " "), maker: maker,
            outputs: { columns.of($0) }
        ) { validate($0, columns) }
    }

    private static func indicator<Event: MarketEvent>(
        _ type: Event.Type, _ session: ProcessSession, _ outputs: [OutputColumn]
    ) throws(PluginError) -> any Indicator {
        try ProcessIndicator<Event>(session, outputs: outputs)
    }

    /// Asks a fresh process for the faults of options; a process that cannot answer is a fault as well.
    private func validate(_ configuration: Configuration, _ columns: AnsweredColumns) -> [ConfigurationFault] {
        let session = session(configuration.instance, nil, nil, judged: configuration)
        defer { session.stop() }
        do {
            let options = JSONValue.object(configuration.values.mapValues(\.json))
            let answer = try session.call("validate", ["options": options], within: deadlines.exchange)
            try columns.take(answer, of: configuration)
            return (answer.body["faults"]?.array ?? []).prefix(100).map { fault in
                ConfigurationFault(
                    option: fault.object?["option"]?.text ?? "", at: Self.range(fault.object?["range"]),
                    fault.object?["message"]?.text ?? "")
            }
        } catch {
            return [ConfigurationFault(option: "", error.message)]
        }
    }

    private static func range(_ json: JSONValue?) -> Range<Int>? {
        let ends = (json?.array ?? []).compactMap(\.integer)
        guard ends.count == 2, ends[0] >= 0, ends[0] <= ends[1], ends[1] <= 1 << 20 else { return nil }
        return Int(ends[0])..<Int(ends[1])
    }

    @Sendable private func session(
        _ owner: String, _ configuration: Configuration?, _ context: PluginContext?, judged: Configuration? = nil
    ) -> ProcessSession {
        var setup = ProcessSession.Setup(owner: owner)
        setup.configuration = configuration
        setup.judged = judged
        setup.context = context
        setup.deadlines = deadlines
        setup.restart = restart
        let number = Self.lastSession.add(1, ordering: .relaxed).newValue
        if configuration != nil { setup.onState = { onState(owner, number, $0) } }
        setup.onMetric = { onMetric(owner, $0, $1) }
        setup.onLog = { onLog(owner, $0, $1, $2) }
        return ProcessSession(fit(command, configuration, context), setup)
    }
}
