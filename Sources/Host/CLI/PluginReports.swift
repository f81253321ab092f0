import HostApp
import HostCore
import HostPlugins
import HostProcess
import Logging
import PluginKit
import Synchronization

/// Tells the host what its process plugins do: states to the board, numbers to the metrics, lines to the log.
struct PluginReports {
    let host: Host
    let logger: Logger

    /// Begins to tell; from now until the process ends, or another host takes over.
    func attach() {
        let (board, metrics, logger) = (host.board, host.view.pluginMetrics, logger)
        let waiting = Away()
        var listener = PluginListener()
        listener.state = { instance, state in
            guard let (kind, id) = Self.place(instance), board.status(kind, id) != nil else { return }
            switch state {
            case .running: if waiting.remove(instance) { board.set(kind, id, .ok) }
            case .waiting(let reason, let delay):
                waiting.insert(instance)
                board.set(kind, id, .degraded, "\(reason) It is started again in \(Self.milliseconds(delay)) ms.")
            case .quarantined(let reason):
                waiting.insert(instance)
                board.set(kind, id, .failed, "quarantined: \(reason) Correct the plugin, then enable it again.")
                logger.error(
                    "a plugin is quarantined: its process ended too often",
                    metadata: ["instance": "\(instance)", "reason": "\(reason)"])
            case .stopped: break
            }
        }
        listener.metric = { instance, name, value in metrics.set(instance, name, value) }
        listener.log = { instance, level, message, data in
            var metadata: Logger.Metadata = ["instance": "\(instance)"]
            for (key, value) in data { metadata[key] = "\(value)" }
            logger.log(level: Logger.Level(rawValue: level.rawValue) ?? .info, "\(message)", metadata: metadata)
        }
        AvailablePlugins.runtime.listener = listener
    }

    private static func place(_ instance: String) -> (PluginKind, String)? {
        let parts = instance.split(separator: "/")
        guard parts.count == 2, let kind = PluginKind(rawValue: String(parts[0])) else { return nil }
        return (kind, String(parts[1]))
    }

    private static func milliseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1_000 + span.components.attoseconds / 1_000_000_000_000_000
    }
}

/// Instances whose process is away.
private final class Away: Sendable {
    private let instances = Mutex<Set<String>>([])

    func insert(_ instance: String) { instances.withLock { _ = $0.insert(instance) } }

    func remove(_ instance: String) -> Bool { instances.withLock { $0.remove(instance) != nil } }
}
