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
        let isLive: Bool

        enum CodingKeys: String, CodingKey {
            case instance, enabled, changed
            case isLive = "is_live"
        }
    }

    func set(_ isEnabled: Bool) throws {
        let edit: ManifestEditor.Edit
        do {
            edit = try ManifestEditor.setEnabled(isEnabled, instance: instance, path: shared.config)
        } catch {
            throw HostError(exitCode: 2, error.description)
        }
        let host = edit.isChanged ? RunningHost.find(shared.stateFolder) : nil
        let word = isEnabled ? "enabled" : "disabled"
        if shared.json {
            let report = Report(
                instance: edit.instance, enabled: isEnabled, changed: edit.isChanged, isLive: host != nil)
            try Output.json(report)
        } else if !edit.isChanged {
            Output.write("\(edit.instance): is \(word) already; nothing was changed.\n")
        } else {
            Output.write("\(edit.instance): \(word).\(host == nil ? " It takes effect at the next start." : "")\n")
        }
        if let host { try Reloading.ask(host, json: shared.json) }
    }
}
