import HostCore
import ServiceLifecycle

/// Tells the service manager when the host serves, how it is, and, as often as it asks, that it is alive; one service of the host.
///
/// It runs on the threads all tasks share: where plugins hold every one of them nothing is sent, and the manager restarts the
/// host. Neither is anything sent while a pipeline is stuck (`PipelineProgress`).
struct SupervisionService: Service {
    let host: Host
    let manager: ServiceManager

    func run() async throws {
        if await isServing() { await watch() }
        manager.tell(["STOPPING=1", "STATUS=Delivering what was received."])
        try? await gracefulShutdown()
    }

    /// Waits until the gateway listens and every part was started; false where the host stops before.
    private func isServing() async -> Bool {
        while !(host.takesReloads && isListening) {
            if await isStopping(within: .milliseconds(50)) { return false }
        }
        if let fault = manager.tell(["READY=1", "STATUS=\(status)"]) {
            host.report(
                .warning(
                    "service manager: '\(manager.socketName)', which NOTIFY_SOCKET names, takes no messages (\(fault)); the "
                        + "manager will think that the start failed. Let it start the host anew."))
        }
        return true
    }

    private var isListening: Bool {
        !host.options.hasGateway || host.board.status(.gateway, Host.gatewayID)?.state == .ok
    }

    private func watch() async {
        var (progress, last) = (PipelineProgress(), "")
        let pause = min(manager.watchdog.map { $0 / 4 } ?? .seconds(5), .seconds(5))
        while true {
            let stuck = progress.stuck(
                host.runs.snapshots, at: .now, limit: (manager.watchdog ?? .seconds(120)) / 2, isHeld: isHeld)
            let status = stuck.isEmpty ? status : "Stuck, takes no data: \(stuck.joined(separator: ", "))."
            var lines = status == last ? [] : ["STATUS=\(status)"]
            if manager.watchdog != nil, stuck.isEmpty { lines.append("WATCHDOG=1") }
            if !lines.isEmpty { manager.tell(lines) }
            last = status
            if await isStopping(within: pause) { return }
        }
    }

    private func isStopping(within span: Duration) async -> Bool {
        await host.isStopping.wait(atMost: span, clock: ContinuousClock()) || Task.isCancelled
    }

    private func isHeld(_ pipeline: String) -> Bool {
        [pipeline, InstanceBoard.stateID].contains { id in
            host.board.status(.store, id).map { $0.state == .degraded || $0.state == .failed } ?? false
        }
    }

    /// How the host is, in a line.
    private var status: String {
        let phases = host.runs.all.map(\.phase)
        let preparing = phases.count { $0 == .preparing }
        let bad = host.board.all.filter { $0.state == .failed || $0.state == .degraded }.map(\.name)
        return "\(phases.count { $0 == .running }) of \(phases.count) pipelines run"
            + (preparing > 0 ? ", \(preparing) prepare their models" : "")
            + (bad.isEmpty
                ? "." : "; not well: \(bad.prefix(5).joined(separator: ", "))\(bad.count > 5 ? " ..." : "").")
    }
}
