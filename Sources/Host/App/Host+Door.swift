import CivilTime
import HostCore
import HostGateway
import HostManifest
import HostSecurity
import HostTelemetry
import HostWebSocket
import Logging
import PluginKit

/// The gateway of a host, and what of its work is logged as a change.
extension Host {
    /// Adds to the log of changes what a reload did: to the line of the request that asked for it, or in a line of its own.
    func tellAudit(of report: ReloadReport) async {
        let isApplied = report.outcome == .applied
        let parts = report.parts.map { "\($0.name) \($0.action)" }.joined(separator: ", ")
        let event = AuditEntry.Event(
            AuditNote.current == nil ? "config.reload" : "", AuditNote.current == nil ? manifest.file : "",
            old: "revision \(report.revision - (isApplied ? 1 : 0))",
            new: "revision \(report.revision), \(report.outcome.rawValue)\(parts.isEmpty ? "" : ": \(parts)")",
            reason: report.message.isEmpty ? nil : report.message,
            result: report.isGood ? "done" : "failed")
        if let note = AuditNote.current { return note.set(event) }
        await audit.write(AuditEntry.Actor(name: "host", role: "-", proof: "signal", from: "local"), event)
    }

    /// Makes what keeps the door.
    func securityParts() throws -> SecurityParts {
        let report = report
        do throws(PluginError) {
            return try SecurityParts(
                manifest.host.security, stateFolder: state.path, listen: options.listen ?? manifest.host.listen,
                audit: audit
            ) { report(.warning($0)) }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    /// Makes the door.
    func gateway(_ reloader: Reloader?, _ security: SecurityParts) throws -> Gateway {
        do throws(PluginError) {
            let listen = options.listen ?? manifest.host.listen
            let control = ControlFolder(stateFolder: state.path)
            var configuration = try GatewayConfiguration(listen: listen.description)
            configuration.limits = try ConnectionLimits.ofThisProcess(
                reserved: reservedDescriptors, most: manifest.host.connections)
            configuration.token = try control.open()
            configuration.socketPath = control.usableSocket
            security.equip(&configuration)
            let (view, hub, report) = (view, hub, report)
            let figures: @Sendable () -> HostFigures = { [state, lastReload, retention, risk, traces] in
                HostFigures(state.database, retention, lastReload.value, risk?.figures, traces?.counts)
            }
            let requests = RequestCounters()
            let health = HealthClock(view.board) { WallClock.now() }
            var gateway = Gateway(
                view: view, hub: hub, configuration: configuration, requests: requests, logger: logger,
                metrics: {
                    Metrics.text(view: view, hub: hub, requests: requests, health: health, figures: figures())
                })
            security.equip(&gateway)
            gateway.control = reloader?.control
            gateway.quarantine =
                QuarantineDesk(
                    database: state.database, instruments: view.instruments,
                    pipeline: { [runs] in runs[$0]?.composed.pipeline }
                ).control
            gateway.data =
                DataDesk(
                    database: state.database, instruments: view.instruments, hours: VenueHours.shared.finder,
                    manifest: { self.manifest }
                ).control
            gateway.versions = versions.control(self)
            gateway.strategies = paperAccounts
            gateway.risk = risk?.control
            gateway.calendars = VenueHours.shared.book
            gateway.dashboard = ShippedFolder.find("dashboard", holding: "index.html")
            gateway.indicators = .of(self)
            let (folder, isSecure) = (state.path, security.certificates != nil)
            gateway.onListening = { address in
                do throws(AtomicFile.Failure) {
                    try RunningHost.announce(address, isSecure: isSecure, in: folder)
                } catch {
                    report(.warning("\(error.description) `penstock reload` will not find this host."))
                }
                view.board.set(.gateway, Self.gatewayID, .ok)
                report(.listening(address: address, isSecure: isSecure))
            }
            return gateway
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    static let gatewayID = "http"

    /// Files the host itself will have open: database, log and clock, and a few for each instance that has an outside.
    private var reservedDescriptors: Int { 32 + 4 * manifest.instances.count { $0.isEnabled && $0.kind != .indicator } }
}
