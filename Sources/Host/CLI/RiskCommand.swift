import ArgumentParser
import HostApp
import HostManifest

/// `penstock risk`: what is at stake, and the alerts, of the host that runs.
struct RiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "risk",
        abstract: "Show exposure and alerts of the running host, acknowledge, check an order, drill.",
        subcommands: [RiskStatus.self, RiskAlerts.self, RiskAcknowledge.self, RiskCheck.self, RiskDrill.self])
}

/// Asks the host that runs; nothing of risk is known without one.
struct RiskSession {
    private let host: RunningHost

    init(_ shared: SharedOptions) throws {
        let manifest = try shared.manifest(runsCode: false)
        guard let host = RunningHost.find(manifest) else {
            throw HostError(
                exitCode: 3, "risk: no host runs on this manifest's state folder. Start one with `penstock run`.")
        }
        self.host = host
    }

    func ask(_ method: String, _ target: String, body: String = "") throws -> [UInt8] {
        let answer = try LocalClient.ask(host, method, "/api/v2/risk" + target, body: Array(body.utf8))
        guard answer.status == 200 else {
            throw HostError(exitCode: 1, LocalClient.message(answer.body))
        }
        return answer.body
    }

    func read<Report>(_ body: [UInt8], _ read: ([UInt8]) -> Report?) throws -> Report {
        guard let report = read(body) else {
            throw HostError(exitCode: 1, "risk: the host's answer cannot be read. Is it of the same version?")
        }
        return report
    }
}

/// `penstock risk status`.
struct RiskStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show exposure, loss, value at risk, and what each rule measures.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let session = try RiskSession(shared)
        let report = try session.read(try session.ask("GET", "/exposure"), RiskReport.Exposure.read)
        try shared.tell(report, report.text)
    }
}

/// `penstock risk alerts`.
struct RiskAlerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "List alerts, the newest first, and how far each sink is with them.")

    @OptionGroup var shared: SharedOptions

    @Flag(name: .long, help: "Only those that are not resolved.")
    var active = false

    @Option(name: .long, help: "Most alerts that are listed.")
    var limit = 50

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("'--limit' is \(limit); allowed 1...10000.") }
    }

    func run() async throws {
        let session = try RiskSession(shared)
        let states = active ? "&state=open,acknowledged" : ""
        let report = try session.read(
            try session.ask("GET", "/alerts?limit=\(limit)\(states)"), RiskReport.Alerts.read)
        try shared.tell(report, report.text)
    }
}

/// `penstock risk ack`.
struct RiskAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that you know of an alert: it is not escalated any more.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The alert's number.", valueName: "id"))
    var id: Int64

    func run() async throws {
        let session = try RiskSession(shared)
        let name = QuarantineSession.escaped(VersionSession.user)
        let body = try session.ask("POST", "/alerts/\(id)/acknowledge?by=\(name)")
        let alert = try session.read(body, RiskReport.AlertRow.read)
        try shared.tell(alert, "alert \(alert.id) is \(alert.state) by \(alert.acknowledgedBy ?? "").\n")
    }
}

/// `penstock risk check`.
struct RiskCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what an order would break; exit code 1 where it would.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("What is bought or sold.", valueName: "symbol"))
    var symbol: String

    @Option(name: .long, parsing: .unconditional, help: "How much; negative to sell.")
    var quantity: Double

    @Option(name: .long, help: "The order's price; the newest where it is left out.")
    var price: Double?

    func run() async throws {
        struct Order: Encodable {
            let instrument: String
            let quantity: Double
            let price: Double?
        }
        let session = try RiskSession(shared)
        let order = Order(instrument: symbol, quantity: quantity, price: price)
        let body = try session.ask("POST", "/check", body: try Output.jsonText(order))
        let report = try session.read(body, RiskReport.Check.read)
        try shared.tell(report, report.text)
        if !report.allowed { throw ExitCode(1) }
    }
}

/// `penstock risk drill`.
struct RiskDrill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Raise a marked alert of a rule that goes the way of a real one.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("The rule, as gross_exposure.", valueName: "rule"))
    var rule: String

    func run() async throws {
        let session = try RiskSession(shared)
        let body = try session.ask("POST", "/drill?rule=\(QuarantineSession.escaped(rule))")
        let alert = try session.read(body, RiskReport.AlertRow.read)
        try shared.tell(
            alert, "alert \(alert.id), a drill of \(alert.rule), is on its way; `penstock risk alerts` shows how far.\n"
        )
    }
}
