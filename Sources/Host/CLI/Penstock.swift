import ArgumentParser
import Glibc
import HostApp

/// The command `penstock`.
struct Penstock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract: "Market data in, features and predictions out; everything chosen in plugins.yaml.",
        discussion: "Exit codes: 0 ok, 1 run time, 2 configuration or command line, 3 environment.",
        version: PenstockVersion.current,
        subcommands: [
            RunCommand.self, ReplayCommand.self, ReloadCommand.self, StatusCommand.self, TopCommand.self,
            TapCommand.self, GraphCommand.self, ExplainCommand.self, PluginsCommand.self, ConfigCommand.self,
            DoctorCommand.self, UpgradeCommand.self, InitCommand.self, CalendarCommand.self, ProvidersCommand.self,
            FetchCommand.self,
            QuarantineCommand.self, DataCommand.self, IndicatorsCommand.self, ModelsCommand.self,
            BacktestCommand.self, RiskCommand.self,
            KeysCommand.self, AuditCommand.self, SecretsCommand.self,
        ])
}

/// Where the process begins: runs the command and turns its outcome into an exit code.
@main
enum EntryPoint {
    static func main() async {
        // A write to a closed pipe or socket is an error to handle, never the end of the host.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Penstock.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            finish(error)
        }
    }

    private static func finish(_ error: any Error) -> Never {
        if let fault = error as? HostError {
            Output.fault(fault.description)
            exit(fault.exitCode)
        }
        if let code = error as? ExitCode { exit(code.rawValue) }
        let code = Penstock.exitCode(for: error)
        let message = Penstock.fullMessage(for: error)
        if code.isSuccess {
            print(message)
            exit(0)
        }
        Output.fault(message)
        exit(code == .validationFailure ? 2 : 1)
    }
}
