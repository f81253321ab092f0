import HostCore
import HostManifest
import HostStorage
package import PluginKit

extension DataImport {
    /// Lets a pipeline whose sources are live go on from what was imported, as if it had been told it: it is there without them, and
    /// they are asked for what came later. Where the pipeline ran before, it knows where it stands.
    package func keepMark() async throws(PluginError) {
        let (pipeline, database) = (plan.pipeline, state.database)
        let input = pipeline.drivingInput
        guard plan.kind == .bar, input.kind == .bar, plan.timeframe == input.timeframe, input.shape == nil,
            let route = manifest.route(input.route)
        else { return }
        let providers = route.providers.compactMap { id in manifest.providers.first { $0.instance.id == id }?.instance }
        guard let first = providers.first, !providers.allSatisfy({ $0.descriptor.provider?.isReplay ?? false }),
            try await database.position(of: pipeline.id)?.position.text.isEmpty ?? true
        else { return }
        let isStored = try await database.series(of: nil).contains {
            $0.pipeline == pipeline.id && $0.timeframe == plan.timeframe
        }
        guard isStored else { return }
        // Models are fitted on what was imported; instruments that it lacks are asked for, and are in later fits.
        let digest = PipelineDigest(manifest: manifest, pipeline: pipeline, provider: first.id)
        try await database.keep(
            StreamMark(digest: digest.stream(of: first, for: input), position: StreamPosition(""), isWhole: true),
            of: pipeline.id)
    }
}
