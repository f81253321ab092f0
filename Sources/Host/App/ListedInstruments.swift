import HostCore
import HostManifest
import PluginKit

/// Asks providers for their instruments, for pipelines that say `instruments: all` in a manifest that names none.
struct ListedInstruments {
    /// A manifest with what was listed, and what could not be had, by pipeline.
    struct Outcome {
        var manifest: Manifest
        var faults: [String: PluginError] = [:]
    }

    /// Most instruments a source may list; a group in the manifest has the same bound.
    static let limit = 100_000

    let manifest: Manifest
    let providers: [String: ProviderSlot]
    let kept: KeptLists
    let notice: @Sendable (String) -> Void

    /// Asks each provider once; pipelines of providers that are not among those given stay as they are.
    func resolve() async -> Outcome {
        var answers: [String: Result<[Instrument], PluginError>] = [:]
        var listed: [String: [Instrument]] = [:]
        var outcome = Outcome(manifest: manifest)
        for pipeline in manifest.pipelines where pipeline.isListed {
            // The first of the route that answers says who is in it.
            for id in manifest.providers(of: pipeline) where listed[pipeline.id] == nil {
                guard let slot = providers[id] else { continue }
                if answers[id] == nil {
                    answers[id] = await Result { () async throws(PluginError) in try await list(of: slot) }
                }
                switch answers[id] {
                case .success(let list):
                    listed[pipeline.id] = list
                    outcome.faults[pipeline.id] = nil
                    notice("pipeline/\(pipeline.id): \(list.count) instruments, as provider/\(id) lists them")
                case .failure(let error): outcome.faults[pipeline.id] = outcome.faults[pipeline.id] ?? error
                case nil: break
                }
            }
        }
        outcome.manifest = manifest.with(listed: listed)
        return outcome
    }

    /// What it listed of the same files, else what it lists now; that is kept where the files stayed as they were meanwhile.
    private func list(of slot: ProviderSlot) async throws(PluginError) -> [Instrument] {
        guard let digest = digest(of: slot) else { return try await asked(slot) }
        if let known = kept.list(of: slot.id, digest: digest) { return known }
        let list = try await asked(slot)
        if self.digest(of: slot) == digest { kept.keep(list, of: slot.id, digest: digest) }
        return list
    }

    private func digest(of slot: ProviderSlot) -> String? {
        let declaration = manifest.providers.first { $0.instance.id == slot.id }
        return declaration.flatMap { PipelineDigest.list(of: $0.instance, manifest) }
    }

    /// Throws `.notFound` where the provider lists nothing, `.badRequest` where it lists too many, and what it threw.
    private func asked(_ slot: ProviderSlot) async throws(PluginError) -> [Instrument] {
        let all = try await answer(of: slot)
        var seen: Set<Instrument> = []
        let list = all.filter { seen.insert($0).inserted }
        if list.count < all.count {
            notice(
                "provider/\(slot.id): \(all.count - list.count) instruments of its list are there twice; each counts once"
            )
        }
        guard !list.isEmpty else {
            throw PluginError(
                .notFound,
                "provider/\(slot.id): lists no instrument, and a pipeline with 'instruments: all' takes what it lists. Give it "
                    + "data, or name groups under 'instruments'.")
        }
        guard list.count <= Self.limit else {
            throw PluginError(
                .badRequest,
                "provider/\(slot.id): lists \(list.count) instruments; allowed \(Self.limit) in a pipeline. Name those you want "
                    + "under 'instruments'.")
        }
        return list
    }

    private func answer(of slot: ProviderSlot) async throws(PluginError) -> [Instrument] {
        do {
            return try await slot.use { (provider) throws(PluginError) in try await provider.instruments() }
        } catch {
            guard error.code == .unsupported else { throw error }
            throw PluginError(
                .configuration,
                "provider/\(slot.id): gives no list of instruments, and a pipeline with 'instruments: all' takes what it lists. "
                    + "Name groups under 'instruments'.")
        }
    }
}
