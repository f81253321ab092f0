package import PluginKit
import StdioProtocol

/// A plugin in a process of its own: starts its program, asks what it is, and gives a type to make instances of.
package struct ProcessPlugin: Sendable {
    /// How the program is started.
    package var command: ProcessCommand
    /// How long the host waits.
    package var deadlines = ProcessDeadlines()
    /// When a process is started again.
    package var restart = RestartPolicy()
    /// Learns each change of an instance's state; called on any thread.
    package var onState: @Sendable (_ instance: String, ProcessState) -> Void = { _, _ in }

    /// Creates a plugin from its command.
    package init(command: ProcessCommand) { self.command = command }

    /// Starts the program, reads its descriptor and ends it; blocks until then.
    package func describe() throws(PluginError) -> PluginType {
        let session = session("plugin/\(command.arguments.first ?? "")", nil, nil)
        defer { session.stop() }
        let answer = try session.call("describe", within: deadlines.exchange)
        let descriptor = try DescriptorReading(owner: session.setup.owner).descriptor(answer.body["descriptor"])
        return type(descriptor)
    }

    private func type(_ descriptor: PluginDescriptor) -> PluginType {
        let make = session(_:_:_:)
        let maker: PluginType.Maker =
            switch descriptor.kind {
            case .provider:
                .provider { (options, context) throws(PluginError) in
                    ProcessProvider(make(options.instance, options, context))
                }
            case .indicator:
                .indicator { (options) throws(PluginError) in
                    try ProcessIndicator(make(options.instance, options, nil), outputs: descriptor.outputs.count)
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
            descriptor: descriptor, tier: .process, typeName: command.arguments.joined(separator: " "), maker: maker
        ) { validate($0) }
    }

    /// Asks a fresh process for the faults of options; a process that cannot answer is a fault as well.
    private func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        let session = session(configuration.instance, nil, nil)
        defer { session.stop() }
        do {
            let options = JSONValue.object(configuration.values.mapValues(\.json))
            let answer = try session.call("validate", ["options": options], within: deadlines.exchange)
            return (answer.body["faults"]?.array ?? []).prefix(100).map { fault in
                ConfigurationFault(option: fault.object?["option"]?.text ?? "", fault.object?["message"]?.text ?? "")
            }
        } catch {
            return [ConfigurationFault(option: "", error.message)]
        }
    }

    @Sendable private func session(
        _ owner: String, _ configuration: Configuration?, _ context: PluginContext?
    ) -> ProcessSession {
        var setup = ProcessSession.Setup(owner: owner)
        setup.configuration = configuration
        setup.context = context
        setup.deadlines = deadlines
        setup.restart = restart
        setup.onState = { onState(owner, $0) }
        return ProcessSession(command, setup)
    }
}
