import HostCore
import HostManifest
import HostSecurity
import HostTraining
package import PluginKit
import PredictionTargets

extension VersionDesk {
    /// Returns a version as a file.
    ///
    /// Throws `.notFound` for one that is not there, `.badRequest` for one whose bytes are not kept, `.corrupted` for a damaged one.
    package func export(_ model: String, _ pipeline: String?, _ number: Int) async throws(PluginError) -> ModelFile {
        let key = VersionKey(model, in: try await self.pipeline(of: model, pipeline), number)
        _ = try await version(key)
        guard let artifact = try await store.artifact(of: key) else {
            throw PluginError(
                .badRequest,
                "models export: version \(number) of model/\(model) in pipeline/\(key.pipeline) has no artifact any more. Choose a "
                    + "version whose bytes are kept; `penstock models list --all` shows them.")
        }
        return ModelFile(artifact, of: key)
    }

    /// Takes a version from a file as the next candidate of a model.
    ///
    /// Throws `.badRequest` where the manifest has no such model, says something else than the version was fitted as, or the version
    /// is here already.
    package func take(
        _ file: ModelFile, as model: String?, in pipeline: String?, by: String, reason: String
    ) async throws(PluginError) -> VersionReport {
        let (model, place) = try receiver(of: file, model, pipeline)
        if let known = try await twin(of: file, model, place) {
            throw PluginError(
                .badRequest,
                "models import: this is version \(known) of model/\(model) in pipeline/\(place) already. There is nothing to take."
            )
        }
        let origin = "version \(file.version) of model/\(file.model) in pipeline/\(file.pipeline)"
        let number = try await store.adopt(
            file.artifact(as: model), for: place, by: by,
            reason: "import: \(reason) (\(origin), SHA-256 \(file.sha256.prefix(12)))")
        await log(
            AuditEntry.Event(
                "version.import", "model/\(model) in pipeline/\(place)", old: nil,
                new: "version \(number) is candidate, from \(origin), SHA-256 \(file.sha256)", reason: reason), by)
        return try await report(model, place, [number])
    }

    /// The model and pipeline of the manifest that a file is for.
    private func receiver(
        of file: ModelFile, _ model: String?, _ pipeline: String?
    ) throws(PluginError) -> (model: String, pipeline: String) {
        let (manifest, id) = (manifest(), model ?? file.model)
        guard let declared = manifest.models.first(where: { $0.instance.id == id }) else {
            throw PluginError(
                .badRequest,
                "models import: the manifest has no model \(PluginError.quoted(id)). "
                    + Suggestion.hint(for: id, among: manifest.models.map(\.instance.id))
                    + " --model ID takes it as another one.")
        }
        let having = manifest.pipelines.filter { $0.models.contains(id) && (pipeline == nil || $0.id == pipeline) }
        guard let place = having.first, having.count == 1 else {
            let known = manifest.pipelines.filter { $0.models.contains(id) }.map(\.id).joined(separator: ", ")
            throw PluginError(
                .badRequest,
                "models import: \(pipeline.map { "pipeline \(PluginError.quoted($0)) has no model/\(id)" } ?? "say which pipeline is meant") "
                    + "(--pipeline ID); allowed: \(known.isEmpty ? "none has it" : known).")
        }
        if let card = ModelCard(json: Array(file.card.utf8)),
            let difference = card.difference(
                plugin: declared.instance.descriptor.id, target: declared.target.description,
                features: declared.members.map(TrainingPlan.column(ofModel:))
                    + manifest.features(of: declared, in: place), window: declared.window)
        {
            throw PluginError(
                .badRequest,
                "models import: version \(file.version) of model/\(file.model) \(difference). Import it where the manifest says what it "
                    + "was fitted as, or change the manifest.")
        }
        return (id, place.id)
    }

    /// The version that a file holds where it is here already.
    private func twin(of file: ModelFile, _ model: String, _ pipeline: String) async throws(PluginError) -> Int? {
        let same = try await store.versions(VersionQuery(model: model, pipeline: pipeline)).filter {
            $0.configurationDigest == file.configurationDigest && $0.dataDigest == file.dataDigest && $0.bytes > 0
        }
        for version in same {
            do throws(PluginError) {
                if try await store.card(of: version.key) == Array(file.card.utf8) { return version.key.number }
            } catch  where error.code == .corrupted {
                // What is damaged here is not what the file holds.
            }
        }
        return nil
    }
}
