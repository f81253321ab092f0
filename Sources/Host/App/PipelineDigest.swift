import HostCore
import HostManifest
import HostStorage
import PluginKit
import PredictionTargets

/// Digests of what decides a model's fit and what a sink is given; a changed digest means: do it anew.
///
/// A provider's options are in no digest: most say how it pushes, not what. Bars that another option changes reach the store
/// as new versions, but not yet the sinks. Instruments are in none either: each has a watermark of its own.
struct PipelineDigest {
    private let manifest: Manifest
    private let pipeline: PipelineDeclaration
    private let base: [String]

    /// Prepares the digests of a pipeline; `provider` is what its records name as their source.
    init(manifest: Manifest, pipeline: PipelineDeclaration, provider: String) {
        self.manifest = manifest
        self.pipeline = pipeline
        let kind = pipeline.kind == .bar ? [] : [pipeline.kind.rawValue]
        base = [provider, pipeline.timeframe.description] + kind + (pipeline.shape.map { [$0.description] } ?? [])
    }

    /// What decides the columns that inputs add to the driving rows.
    private var inputs: [String] { pipeline.inputs.flatMap { Self.text(of: $0, manifest) } }

    private static func text(of input: InputDeclaration, _ manifest: Manifest) -> [String] {
        let indicators = manifest.indicators.filter { input.indicators.contains($0.instance.id) }
        var texts = ["input \(input.name)", input.kind.rawValue, input.timeframe.description]
        texts.append(manifest.route(input.route)?.providers.first ?? "")
        texts.append(input.fields.joined(separator: ","))
        texts.append(input.maxAge?.description ?? "")
        texts.append(input.shape?.description ?? "")
        return texts + indicators.flatMap { [$0.instance.id, CanonicalText.of($0.instance)] }
    }

    /// What decides the columns that compare instruments: which these are, and how they are grouped.
    private static func section(_ pipeline: PipelineDeclaration) -> [String] {
        guard let section = pipeline.section else { return [] }
        func names(_ instruments: [Instrument]) -> String {
            instruments.map(\.description).sorted().joined(separator: ",")
        }
        return [names(pipeline.instruments)]
            + section.groups.sorted { $0.key < $1.key }.flatMap { [$0.key] + $0.value.map(names) }
    }

    /// Returns the digests of what decides the content of each of a sink's streams; each begins with the stream's name.
    func digests(of sink: SinkDeclaration) -> StreamDigests {
        let place = place(of: sink.instance)
        let indicators = manifest.indicators.filter { pipeline.indicators.contains($0.instance.id) }
        let models = manifest.models.filter { pipeline.models.contains($0.instance.id) }
        let fitted = models.map { model in
            let columns = manifest.features(of: model, in: pipeline)
            return (model.instance.id, Self.model(model, pipeline, manifest, columns: columns))
        }
        var texts: [RecordStream: [String]] = [
            RecordStream(.bars): [],
            RecordStream(.features):
                indicators.flatMap { [$0.instance.id, CanonicalText.of($0.instance)] } + inputs
                + (pipeline.section?.columns.isEmpty == false ? Self.section(pipeline) : []),
            RecordStream(.alerts): ["\(pipeline.riskMaxAge.map(\.description) ?? "none")"] + fitted.map(\.1),
        ]
        for (id, digest) in fitted {
            texts[RecordStream(.predictions, model: id)] = [digest]
            let compares = models.contains { $0.instance.id == id && $0.target.isCrossSectional }
            texts[RecordStream(.outcomes, model: id)] = [digest] + (compares ? Self.section(pipeline) : [])
        }
        return StreamDigests(
            common: StableDigest.of(base + place),
            own: texts.reduce(into: [:]) { own, stream in
                own[stream.key] = "\(stream.key):\(StableDigest.of(base + place + stream.value))"
            })
    }

    /// Returns the digest of everything that decides what the stream of an input holds: where it is another one a position
    /// and what was stored before mean nothing, and the stream begins at its beginning.
    ///
    /// Of a provider that plays the past again that is also what the files are that its options name, so history that was
    /// rewritten is noticed. One that only answers requests is asked for what each instrument lacks: which instruments there
    /// are decides nothing.
    func stream(of provider: InstanceDeclaration, for input: InputDeclaration) -> String {
        let can = provider.descriptor.provider
        let kind = input.kind == .bar ? [] : [input.kind.rawValue]
        var texts = [provider.id, input.timeframe.description] + kind + (input.shape.map { [$0.description] } ?? [])
        texts += [CanonicalText.of(provider), manifest.route(input.route)?.prices.description ?? ""]
        texts += Self.renames(of: provider)
        if can?.streams.contains(input.sourceKind) == true { texts += pipeline.instruments.map(\.description).sorted() }
        if can?.isReplay == true { texts += Self.files(of: provider, manifest) }
        // Where one instrument more changes the rows of the others, all begin anew.
        if input.name.isEmpty { texts += Self.section(pipeline) }
        return StableDigest.of(texts)
    }

    /// Returns the digest of everything that decides which instruments a provider lists that plays the past again; `nil` for others.
    static func list(of provider: InstanceDeclaration, _ manifest: Manifest) -> String? {
        guard provider.descriptor.provider?.isReplay == true else { return nil }
        return StableDigest.of([CanonicalText.of(provider)] + renames(of: provider) + files(of: provider, manifest))
    }

    private static func renames(of provider: InstanceDeclaration) -> [String] {
        provider.renames.map { "\($0.key)=\($0.value.names)" }.sorted()
    }

    /// What the files are that a provider's options name, and who reads them.
    private static func files(of provider: InstanceDeclaration, _ manifest: Manifest) -> [String] {
        [PenstockVersion.current]
            + provider.descriptor.schema.options.compactMap { option in
                guard case .path = option.type, case .text(let path) = provider.configuration.values[option.name]
                else { return nil }
                return FolderStamp.of(manifest.location(path))
            }
    }

    /// Where a sink puts its records: the plugin and its options that are texts and paths. How it writes them there (a number,
    /// a switch, a choice) and what code does it decide nothing that was written.
    private func place(of sink: InstanceDeclaration) -> [String] {
        let options = sink.descriptor.schema.options.compactMap { option -> String? in
            guard case .text(let text) = sink.configuration.values[option.name] else { return nil }
            switch option.type {
            case .path: return "\(option.name)=\(manifest.ownLocation(text))"
            case .text: return "\(option.name)=\(text)"
            default: return nil
            }
        }
        return [sink.descriptor.id] + options
    }

    /// Returns the digest of everything but the data that decides a fit.
    static func model(
        _ model: ModelDeclaration, _ pipeline: PipelineDeclaration, _ manifest: Manifest, columns: [String]
    ) -> String {
        let origins = manifest.origins(of: columns, in: pipeline)
        let given = pipeline.inputs.filter { !origins.isDisjoint(with: $0.columns) }
        let members = manifest.models.filter { model.members.contains($0.instance.id) }.map { member in
            Self.model(member, pipeline, manifest, columns: manifest.features(of: member, in: pipeline))
        }
        // Only indicators the model reads, itself or through another: any other changes neither its features nor its artifact.
        let read = manifest.indicators.filter {
            pipeline.indicators.contains($0.instance.id) && !origins.isDisjoint(with: $0.featureNames)
        }
        // A file that it is made from is part of what it is.
        let files = model.instance.descriptor.schema.options.compactMap { option -> String? in
            guard case .path = option.type, case .text(let path) = model.instance.configuration.values[option.name]
            else { return nil }
            return FolderStamp.ofFile(manifest.location(path))
        }
        // What it learns of one instrument follows from the others, too, where its target compares them.
        let learnsCompared = model.instance.descriptor.learns && model.target.isCrossSectional
        let compares = learnsCompared || read.contains { pipeline.section?.columns[$0.instance.id] != nil }
        return StableDigest.of(
            [CanonicalText.of(model), pipeline.timeframe.description] + columns
                + read.map { CanonicalText.of($0.instance) } + (compares ? section(pipeline) : [])
                + given.flatMap { text(of: $0, manifest) } + members + files)
    }
}
