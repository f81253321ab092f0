import Builtin
import Glibc
import HostProcess
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// A shipped plugin, compiled in and in a process of its own.
struct WrappedPlugin {
    let compiled: PluginType
    let process: PluginType

    /// The plugins that are wrapped: each kind, and for indicators one with several outputs.
    static let ids = [
        "indicator/rsi", "indicator/macd", "model/ridge", "model/online_linear", "provider/local_history", "sink/csv",
        "sink/ndjson",
    ]

    init(_ id: String, _ folders: TemporaryFolders) throws {
        compiled = try #require(Builtin.plugins.first { $0.descriptor.id == id })
        var plugin = ProcessPlugin(
            command: ProcessCommand(
                arguments: [Self.program, id], directory: folders.root, stateDirectory: folders.root,
                readable: [Repository.root], writable: [folders.root]))
        plugin.restart.firstDelay = .zero
        process = try plugin.describe()
    }

    /// The program lies beside the running test bundle.
    private static let program: String = {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[0..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folders = [own, CommandLine.arguments.first ?? ""].map { path in
            path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        }
        return folders.map { "\($0)/builtin-process" }.first { access($0, X_OK) == 0 } ?? "builtin-process"
    }()
}
