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
        answers.withLock { answers in
            if answers.count >= Self.most { answers = [:] }
            answers[options] = columns
        }
    }

    /// The columns of these options.
    func of(_ options: Configuration) -> [OutputColumn] { answers.withLock { $0[options] } ?? descriptor.outputs }
}
