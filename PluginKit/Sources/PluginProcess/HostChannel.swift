import Glibc
import PluginKit
import StdioProtocol
import Synchronization

/// The plugin's ends of the two streams; sending is safe from any thread.
final class HostChannel: Sendable {
    private struct Output {
        let descriptor: Int32
        var form = Message.FrameForm.json
        var bytes: [UInt8] = []
    }

    private let input: Int32
    private let output: Mutex<Output>

    init(input: Int32, output: Int32) {
        self.input = input
        self.output = Mutex(Output(descriptor: output))
    }

    /// Keeps the streams for the protocol, and gives the plugin others: what it prints goes to standard error.
    static func takeStandardStreams() -> HostChannel {
        signal(SIGPIPE, SIG_IGN)
        let channel = HostChannel(
            input: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), output: fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))
        dup2(STDERR_FILENO, STDOUT_FILENO)
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if nothing >= 0 {
            dup2(nothing, STDIN_FILENO)
            close(nothing)
        }
        return channel
    }

    /// Sets how frames travel from now on.
    func use(_ form: Message.FrameForm) { output.withLock { $0.form = form } }

    /// Reads what is there; 0 at the end of the stream.
    func read(into buffer: inout [UInt8]) -> Int {
        // What a plugin printed waits in a buffer of the C library; here nobody waits for it.
        fflush(nil)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress, $0.count) }
            if count >= 0 || errno != EINTR { return max(0, count) }
        }
    }

    /// Sends a message, in parts where it is larger than the host takes at once. A host that is gone is noticed by `read`.
    func send(_ message: Message) {
        output.withLock { output in
            var encoder = MessageEncoder(message, form: output.form)
            repeat {
                output.bytes.removeAll(keepingCapacity: output.bytes.count <= 1 << 20)
            } while encoder.append(to: &output.bytes) && Self.write(output)
        }
    }

    /// Writes all of it; `false` where the host is gone.
    private static func write(_ output: borrowing Output) -> Bool {
        var sent = 0
        while sent < output.bytes.count {
            let count = output.bytes[sent...].withUnsafeBytes {
                Glibc.write(output.descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Sends a message without frames.
    func tell(_ type: String, id: UInt64 = 0, _ body: [String: JSONValue]) {
        send(Message(type, id: id, body))
    }
}
