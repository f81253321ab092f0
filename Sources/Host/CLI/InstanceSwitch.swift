import HostApp
import HostManifest

/// Turns an instance on or off in the manifest file; everything else in it stays as it is.
struct InstanceSwitch {
    let shared: SharedOptions
    let instance: String

    private struct Report: Encodable {
        let instance: String
        let enabled: Bool
        let changed: Bool
    }

    func set(_ isEnabled: Bool) throws {
        let edit: ManifestEditor.Edit
        do {
            edit = try ManifestEditor.setEnabled(isEnabled, instance: instance, path: shared.config)
        } catch {
            throw HostError(exitCode: 2, error.description)
        }
        if shared.json {
            return try Output.json(Report(instance: edit.instance, enabled: isEnabled, changed: edit.isChanged))
        }
        let word = isEnabled ? "enabled" : "disabled"
        Output.write(
            edit.isChanged
                ? "\(edit.instance): \(word). It takes effect at the next start.\n"
                : "\(edit.instance): is \(word) already; nothing was changed.\n")
    }
}
