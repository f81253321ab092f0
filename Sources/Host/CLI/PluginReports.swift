import HostApp
import HostCore
import HostManifest
import HostPlugins
import HostProcess
import Logging
import PluginKit

/// Tells the host what its process plugins do: states to the board, numbers to the metrics, lines to the log.
struct PluginReports {
    let host: Host
    let logger: Logger

    /// Begins to tell; from now until the process ends, or another host takes over.
    func attach() {
        let (host, board, metrics, logger) = (host, host.board, host.view.pluginMetrics, logger)
        let sessions = SessionStates()
        let told = Guarded<[String: String]>([:])
        var listener = PluginListener()
        listener.state = { instance, session, state in
            switch state {
            case .faulty(let reason, let count): host.failing.note(instance, reason, count: count)
            case .steady: host.failing.clear(instance)
            default: break
            }
            guard let (kind, id) = Self.place(instance), board.status(kind, id) != nil,
                let condition = sessions.take(state, of: instance, session: session)
            else { return }
            // How a provider stands is said by those who run its streams; here only that its process is gone or does not
            // answer.
            let isProvider = kind == .provider
            func say(_ message: String, _ state: InstanceState = .degraded) {
                told.change { $0[instance] = message }
                board.set(kind, id, state, message)
            }
            switch condition {
            case .well:
                // What others say of it (a sink that takes nothing) is not the supervisor's to take back.
                let last = told.change { $0.removeValue(forKey: instance) }
                if let last { board.takeBack(kind, id, last) }
            case .late(let reason): say(reason, board.status(kind, id)?.state == .starting ? .starting : .degraded)
            case .away(let reason, _) where isProvider: board.set(kind, id, .degraded, reason)
            case .quarantined(let reason) where isProvider && host.policy(ofProvider: id) == .retry:
                board.set(kind, id, .degraded, reason)
            case .away(let reason, let delay): say("\(reason) It is started again in \(Self.milliseconds(delay)) ms.")
            case .faulty where isProvider: break
            case .faulty(let reason, let count):
                let bars = count == 1 ? "1 bar has" : "\(count) bars have"
                let end = reason.hasSuffix(".") ? "" : "."
                say("\(reason)\(end) \(bars) no value so far.")
            case .back(let reason):
                board.noteRestart(kind, id)
                if !isProvider { say("\(reason) It was started again.") }
            case .quarantined(let reason):
                board.retire(
                    kind, id,
                    "quarantined: \(reason) Correct the plugin, then `penstock reload`, or disable and enable it.")
                logger.error(
                    "a plugin is quarantined: its process ended too often",
                    metadata: ["instance": "\(instance)", "reason": "\(reason)"])
            }
        }
        listener.metric = { instance, name, value in metrics.set(instance, name, value) }
        listener.log = { instance, level, message, data in
            var metadata: Logger.Metadata = ["instance": "\(instance)"]
            for (key, value) in data { metadata[PluginError.shown(key)] = "\(PluginError.shown(value))" }
            let text = PluginError.shown(message, limit: 1_000)
            logger.log(level: Logger.Level(rawValue: level.rawValue) ?? .info, "\(text)", metadata: metadata)
        }
        AvailablePlugins.runtime.listener = listener
    }

    private static func place(_ instance: String) -> (ComponentKind, String)? {
        let parts = instance.split(separator: "/")
        guard parts.count == 2, let kind = ComponentKind(rawValue: String(parts[0])), kind.isPlugin else { return nil }
        return (kind, String(parts[1]))
    }

    private static func milliseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1_000 + span.components.attoseconds / 1_000_000_000_000_000
    }
}
