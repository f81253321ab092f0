import Glibc
import HostManifest
import HostPlugins
import HostSecurity
import PluginKit

/// Where `${secret:NAME}` looks besides the environment and files: the encrypted file beside the manifest, and a program.
///
/// The program is named by the environment and never by the manifest: whoever may change a manifest, over the network too, must not
/// choose what runs on the machine.
enum Secrets {
    private static let variable = "PENSTOCK_SECRETS_COMMAND"
    private static let seconds = 20

    /// The places, in the order in which they are asked.
    static let places: [SecretPlace] = {
        let environment = ProcessEnvironment.all
        let vault = SecretPlace(name: SecretVault.fileName) { name, folder in
            guard SecretVault.exists(in: folder) else { return nil }
            return try SecretVault(folder: folder, key: try VaultKey(environment: environment)).value(name)
        }
        guard let program = environment[variable], !program.isEmpty else { return [vault] }
        let command = SecretPlace(name: variable) { name, _ in
            try check(program)
            let output: String
            do throws(PluginFault) {
                output = try ChildCommand(
                    program: program, arguments: [name], seconds: seconds, outputLimit: SecretVault.valueLimit,
                    isSecret: true
                ).run()
            } catch {
                throw PluginError(.environment, error.message)
            }
            let text = Substitution.trimmed(output)
            guard !text.isEmpty else { throw PluginError(.environment, "\(program) \(name) wrote nothing.") }
            return text
        }
        return [vault, command]
    }()

    private static func check(_ program: String) throws(PluginError) {
        var status = stat()
        let fault =
            !program.hasPrefix("/")
            ? "is no absolute path"
            : stat(program, &status) != 0 || access(program, X_OK) != 0
                ? "is no program that can be run"
                : status.st_mode & 0o022 != 0 ? "can be changed by others than its owner" : nil
        guard let fault else { return }
        throw PluginError(
            .configuration,
            "\(variable) is \(PluginError.quoted(program)), which \(fault); allowed the path of a program that only its owner can "
                + "change.")
    }
}
