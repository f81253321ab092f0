import Glibc
import PluginKit

/// An open file that lines are appended to.
struct ExampleLogLines: Sendable {
    private let descriptor: Int32
    private let owner: String

    init(_ path: String, owner: String) throws(PluginError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        self.owner = owner
        guard descriptor >= 0 else { throw Self.fault(owner, "opened") }
    }

    /// A bar as a line.
    static func line(_ bar: Bar, _ instrument: Instrument) -> String {
        "\(instrument),\(bar.time / 1_000_000_000),\(bar.open),\(bar.high),\(bar.low),\(bar.close),\(bar.volume)\n"
    }

    func append(_ text: String) throws(PluginError) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.fault(owner, "written") }
            sent += count
        }
    }

    func synchronize() throws(PluginError) {
        guard fdatasync(descriptor) == 0 else { throw Self.fault(owner, "brought to the disk") }
    }

    func close() { _ = Glibc.close(descriptor) }

    private static func fault(_ owner: String, _ verb: String) -> PluginError {
        PluginError(
            .environment,
            "\(owner): the file cannot be \(verb): \(String(cString: strerror(errno))). Check 'file' and the disk.")
    }
}
