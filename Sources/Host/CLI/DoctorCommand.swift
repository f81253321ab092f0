import ArgumentParser
import HostApp
import HostManifest
import HostProcess

/// `penstock doctor`: whether this machine and this manifest are fit to run.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Check libraries, manifest, state folder, address, unit and limits; exit 3 where something would fail.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let result = shared.load()
        var findings = [
            Finding(
                check: "manifest", isOK: result.manifest != nil,
                message: result.manifest == nil
                    ? "\(result.faults.count) fault(s) in \(shared.config); see `penstock config check`."
                    : shared.config)
        ]
        findings.append(Finding(check: "plugin processes", isOK: true, message: Confinement.summary))
        if let manifest = result.manifest { findings += await Doctor(manifest: manifest).examine() }
        if shared.json {
            try Output.json(findings)
        } else {
            Output.write(Output.plain(findings.map(\.line).joined()))
        }
        guard result.manifest != nil else { throw ExitCode(2) }
        guard findings.allSatisfy(\.isOK) else { throw ExitCode(3) }
    }
}
