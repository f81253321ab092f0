import HostCore
import HostManifest
import HostSecurity
import HostTraining
import PluginKit

extension Host {
    /// Which versions of the models there are, and which serve.
    package var versions: VersionDesk {
        VersionDesk(
            store: state.artifacts, manifest: { self.manifest }, instruments: view.instruments,
            running: { [runs] model, pipeline in
                runs[pipeline]?.composed.training.first { $0.plan.id == model }
            }, board: view.models, evidence: state.database, warn: { [report] in report(.warning($0)) },
            log: { [audit] event, by in
                if let note = AuditNote.current { return note.set(event) }
                await audit.write(AuditEntry.Actor(name: by, role: "-", proof: "host", from: "local"), event)
            })
    }

    /// Makes a model with options of its plugin, and asks whether it can work.
    func model(
        _ declaration: InstanceDeclaration, _ values: [String: ConfigurationValue]
    ) async throws(PluginError) -> any Model {
        guard case .model(let make) = declaration.plugin.maker else { throw InstanceBuilder.noInstance }
        let made = try make(
            Configuration(instance: declaration.name, values: values), try context(for: declaration))
        try await made.probe()
        return made
    }
}
