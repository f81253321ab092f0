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

    /// Throws where others of a sound manifest need the instance: without it no start and no reload would take the file. In a
    /// manifest with faults anything can be switched off.
    private func checkOthers() throws {
        let path = shared.config
        guard let bytes = try? ManifestLoader.bytes(of: path), let text = String(validating: bytes, as: UTF8.self),
            let edit = try? ManifestEditor(file: path).setEnabled(false, instance: instance, in: text), edit.isChanged
        else { return }
        let loader = AvailablePlugins.loader(runsCode: false)
        func faults(_ text: String) -> [ManifestFault] {
            loader.load(Array(text.utf8), asIf: path, environment: ProcessEnvironment.all).faults
        }
        guard faults(text).isEmpty, let fault = faults(edit.text).first else { return }
        throw HostError(
            exitCode: 2,
            "plugins disable: \(edit.instance) is needed, and nothing was written: \(fault.text) Take it out there first."
        )
    }

    func set(_ isEnabled: Bool) throws {
        let edit: ManifestEditor.Edit
        if !isEnabled { try checkOthers() }
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
