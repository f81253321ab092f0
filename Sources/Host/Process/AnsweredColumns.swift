import PluginKit
import StdioProtocol
import Synchronization

/// The columns an indicator gives for the options that were asked about.
final class AnsweredColumns: Sendable {
    /// Options that are remembered; more are asked about in one life of a host only where a program asks in a loop.
    private static let most = 4_096
    private let descriptor: PluginDescriptor
    private let answers = Mutex<[Configuration: [OutputColumn]]>([:])

    init(_ descriptor: PluginDescriptor) { self.descriptor = descriptor }

    /// Takes the `outputs` of an answer to `validate`; throws `.malformed` for ones that a descriptor could not have.
    func take(_ answer: Message, of options: Configuration) throws(PluginError) {
        guard descriptor.kind == .indicator, let json = answer.body["outputs"] else { return }
        let columns = try DescriptorReading(owner: options.instance).columns(json)
        guard !columns.isEmpty else {
            throw PluginError(
                .malformed, "\(options.instance): 'validate' was answered with no 'outputs'; allowed 1...1024.")
        }
        keep(columns, of: options)
    }

    /// The columns of these options: those that were asked about, else those that an instance was made with.
    func of(_ options: Configuration, made answer: Message) throws(PluginError) -> [OutputColumn] {
        if let known = answers.withLock({ $0[options] }) { return known }
        let columns = try DescriptorReading(owner: options.instance).columns(answer.body["outputs"])
        guard !columns.isEmpty else { return descriptor.outputs }
        keep(columns, of: options)
        return columns
    }

    private func keep(_ columns: [OutputColumn], of options: Configuration) {
        answers.withLock { answers in
            if answers.count >= Self.most { answers = [:] }
            answers[options] = columns
        }
    }

    /// The columns of these options.
    func of(_ options: Configuration) -> [OutputColumn] { answers.withLock { $0[options] } ?? descriptor.outputs }
}
