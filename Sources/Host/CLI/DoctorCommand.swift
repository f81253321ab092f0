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
        try shared.conclude(findings, of: result)
    }
}

extension SharedOptions {
    /// Prints what was found; throws exit code 2 where the manifest has faults, 3 where anything else is not fit.
    func conclude(_ findings: [Finding], of result: ManifestResult) throws {
        if json {
            try Output.json(findings)
        } else {
            let lines = findings.map { "\($0.isOK ? "ok  " : "FAIL")  \($0.check): \($0.message)\n" }
            Output.write(Output.plain(lines.joined()))
        }
        guard result.manifest != nil else { throw ExitCode(2) }
        guard findings.allSatisfy(\.isOK) else { throw ExitCode(3) }
    }
}
