package import PluginKit
import RowColumns

/// A `plugins.yaml` that passed every check: typed values, defaults filled in, references resolved.
///
/// Declarations keep the order of the file and include what is disabled, so that `plugins list` can show it; what runs
/// is what the pipelines name (`PipelineDeclaration` lists enabled instances only).
package struct Manifest: Sendable {
    /// The file as the user named it; begins every message about it.
    package let file: String
    /// The folder that relative paths start from: where the manifest is.
    package let baseDirectory: String
    /// Settings of the host itself.
    package let host: HostSettings
    /// Groups of instruments.
    package let instruments: [InstrumentGroup]
    /// Providers, enabled or not.
    package let providers: [ProviderDeclaration]
    /// Routes.
    package let routes: [RouteDeclaration]
    /// Indicators, enabled or not.
    package let indicators: [IndicatorDeclaration]
    /// Models, enabled or not.
    package let models: [ModelDeclaration]
    /// Sinks, enabled or not.
    package let sinks: [SinkDeclaration]
    /// Pipelines.
    package private(set) var pipelines: [PipelineDeclaration]
    /// Strategies, enabled or not.
    package private(set) var strategies: [StrategyDeclaration]
    /// What is held and how much is too much; `nil` where nothing is said.
    package let risk: RiskDeclaration?
    /// Every value with its type, origin and place; what `config explain` walks.
    package let settings: Setting
    /// Instances, as `kind/id`, that have to work and whose program has not said whether their options are right: the manifest is
    /// read once more before they are built.
    package internal(set) var unanswered: [String] = []

    /// Every declared instance: providers, indicators, models, sinks.
    package var instances: [InstanceDeclaration] {
        providers.map(\.instance) + indicators.map(\.instance) + models.map(\.instance) + sinks.map(\.instance)
    }

    /// Returns the manifest with what the sources of pipelines list, by pipeline.
    package func with(listed: [String: [Instrument]]) -> Manifest {
        var manifest = self
        for index in pipelines.indices {
            guard pipelines[index].isListed, let instruments = listed[pipelines[index].id] else { continue }
            manifest.pipelines[index].instruments = instruments
            for place in strategies.indices
            where strategies[place].pipeline == pipelines[index].id && strategies[place].universe.isEmpty {
                manifest.strategies[place].universe = instruments
            }
        }
        return manifest
    }

    /// Returns the place of an element as `plugins.yaml:14:3`.
    package func place(of location: SourceSpan) -> String {
        "\(file):\(location.start.line):\(location.start.column)"
    }

    /// Returns a path of the manifest, made absolute from its folder.
    package func resolve(_ path: String) -> String { path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)" }

    /// Returns where a path of the manifest leads, from the manifest's folder where it lies below it: the same however the
    /// manifest is named.
    package func ownLocation(_ path: String) -> String {
        let (all, own) = (location(path), location("."))
        return !own.isEmpty && all.hasPrefix("\(own)/") ? String(all.dropFirst(own.count + 1)) : all
    }

    /// Returns where a path of the manifest leads: absolute, without `.` and `..`; links are not followed.
    package func location(_ path: String) -> String {
        var parts: [Substring] = []
        for part in resolve(path).split(separator: "/") where part != "." {
            if part == "..", parts.last != nil { parts.removeLast() } else { parts.append(part) }
        }
        return (baseDirectory.hasPrefix("/") || path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    /// Returns some columns of a pipeline, and all that those of them are made of that are derived.
    package func origins(of names: [String], in pipeline: PipelineDeclaration) -> Set<String> {
        let own = indicators.filter { pipeline.indicators.contains($0.instance.id) }
        return columnsBehind(Set(names)) { name in own.first { $0.featureNames.contains(name) }?.sources ?? [] }
    }

    /// Returns which column of which member of a model a feature is: `MODEL.COLUMN`; `nil` where it is none.
    package func memberOutput(_ name: String, of model: ModelDeclaration) -> (model: String, column: Int)? {
        for member in models where model.members.contains(member.instance.id) {
            let outputs = member.instance.descriptor.outputs
            guard let column = outputs.firstIndex(where: { "\(member.instance.id).\($0.name)" == name }) else {
                continue
            }
            return (member.instance.id, column)
        }
        return nil
    }

    /// Returns the feature columns a model sees in a pipeline, in column order.
    ///
    /// A model that takes `all` sees every output of the pipeline's indicators; otherwise what it names: of an input all that is
    /// carried, without ages.
    package func features(of model: ModelDeclaration, in pipeline: PipelineDeclaration) -> [String] {
        switch model.features {
        case .named(let names):
            return names.flatMap { name in pipeline.inputs.first { $0.name == name }?.valueColumns ?? [name] }
        case .all:
            let byID = Dictionary(
                indicators.map { ($0.instance.id, $0.featureNames) }, uniquingKeysWith: { first, _ in first })
            return pipeline.indicators.flatMap { byID[$0] ?? [] }
        }
    }
}
