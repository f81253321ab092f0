import Glibc
import PluginKit

/// A Python plugin's own packages: `.venv` in its folder, made from its `requirements.txt`.
package enum VirtualEnvironment {
    /// The file that names the packages.
    static let requirements = "requirements.txt"

    /// Makes the environment where the folder has requirements and none was made yet.
    package static func complete(_ folder: String, progress: (String) -> Void) throws(PluginFault) {
        guard access("\(folder)/.venv/bin/python", X_OK) != 0 else { return }
        try make(in: folder, progress: progress)
    }

    /// Makes the environment where the folder has requirements; calls back with each line that pip writes.
    static func make(in folder: String, progress: (String) -> Void) throws(PluginFault) {
        guard access("\(folder)/\(requirements)", R_OK) == 0 else { return }
        let target = "\(folder)/.venv"
        _ = try ChildCommand(program: "python3", arguments: ["-m", "venv", target], seconds: 120).run(line: progress)
        _ = try ChildCommand(
            program: "\(target)/bin/python",
            arguments: ["-m", "pip", "install", "--requirement", "\(folder)/\(requirements)"], seconds: 1_800,
            outputLimit: 16 << 20
        ).run(line: progress)
    }
}

extension PluginFolder.Installed {
    /// The program and arguments of the process tier; `python3` is the one of the plugin's own environment where it has one.
    package var command: [String]? {
        guard case .command(let words) = manifest.program, let program = words.first else { return nil }
        let own = "\(folder)/.venv/bin/python"
        guard ["python", "python3"].contains(program), access(own, X_OK) == 0 else { return words }
        return [own] + words.dropFirst()
    }
}
