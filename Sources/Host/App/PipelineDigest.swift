import HostCore
import HostManifest
import PluginKit

/// Digests of what decides a model's fit and what a sink is given; a changed digest means: do it anew.
struct PipelineDigest {
    private let manifest: Manifest
    private let pipeline: PipelineDeclaration
    private let base: String

    init(manifest: Manifest, pipeline: PipelineDeclaration, provider: InstanceDeclaration) {
        self.manifest = manifest
        self.pipeline = pipeline
        let indicators = manifest.indicators.filter { pipeline.indicators.contains($0.instance.id) }
        base = StableDigest.of(
            [CanonicalText.of(provider), pipeline.timeframe.description, pipeline.instruments.description]
                + indicators.map { CanonicalText.of($0.instance) })
    }

    /// Returns the digest of everything that decides what a sink is given.
    ///
    /// A model that was not ready counts as another configuration, so its predictions follow when it is.
    func digest(of sink: SinkDeclaration, readyModels: Set<String>) -> String {
        let models = manifest.models.filter { pipeline.models.contains($0.instance.id) }
        let texts = models.map { "\(CanonicalText.of($0)) ready=\(readyModels.contains($0.instance.id))" }
        let records = sink.records.map(\.rawValue).sorted().joined(separator: ",")
        return StableDigest.of([base, CanonicalText.of(sink.instance), records] + texts)
    }

    /// Returns the digest of everything but the data that decides a fit.
    static func model(
        _ model: ModelDeclaration, _ pipeline: PipelineDeclaration, _ manifest: Manifest, columns: [String]
    ) -> String {
        // Only indicators the model reads: another one changes neither its features nor its artifact.
        let read = manifest.indicators.filter { indicator in
            pipeline.indicators.contains(indicator.instance.id)
                && indicator.featureNames.contains { columns.contains($0) }
        }
        return StableDigest.of(
            [CanonicalText.of(model), pipeline.timeframe.description] + columns
                + read.map { CanonicalText.of($0.instance) })
    }
}
