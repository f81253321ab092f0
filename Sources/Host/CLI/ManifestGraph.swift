import HostManifest
import PluginKit

/// What flows where in some pipelines: providers, routes, pipelines, indicators, models, sinks.
struct ManifestGraph {
    private let manifest: Manifest
    private let pipelines: [PipelineDeclaration]

    /// The most names that stand in one box.
    private static let mostNames = 12

    init(_ manifest: Manifest, _ pipelines: [PipelineDeclaration]) {
        (self.manifest, self.pipelines) = (manifest, pipelines)
    }

    // MARK: Text

    var text: String { pipelines.map(lines).map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n") }

    private func lines(_ pipeline: PipelineDeclaration) -> [String] {
        var lines = ["pipeline/\(pipeline.id): \(title(pipeline))"]
        for (name, route) in inputs(pipeline) {
            let providers = providers(route).map(labelled).joined(separator: ", else ")
            lines.append("  \(providers) -> route/\(route) -> \(name)")
        }
        if !pipeline.allIndicators.isEmpty {
            lines.append("  -> indicators: \(pipeline.allIndicators.joined(separator: ", "))")
        }
        for model in models(pipeline) { lines.append("  -> \(labelled(model.instance)), \(reads(model, pipeline))") }
        for sink in sinks(pipeline) { lines.append("  -> \(labelled(sink))") }
        return lines
    }

    // MARK: Graphviz

    var dot: String {
        var edges: [String] = []
        var nodes: [String] = []
        func node(_ id: String, _ label: String, _ shape: String) {
            let line = "  \(quoted(id)) [label=\(quoted(label)), shape=\(shape)];"
            if !nodes.contains(line) { nodes.append(line) }
        }
        func edge(_ from: String, _ to: String, _ label: String = "") {
            let line =
                "  \(quoted(from)) -> \(quoted(to))" + (label.isEmpty ? ";" : " [label=\(quoted(label))];")
            if !edges.contains(line) { edges.append(line) }
        }
        for pipeline in pipelines {
            let name = "pipeline/\(pipeline.id)"
            node(name, "\(name)\n\(title(pipeline))", "box3d")
            for (input, route) in inputs(pipeline) {
                node("route/\(route)", "route/\(route)", "cds")
                edge("route/\(route)", name, input == "rows" ? "" : input)
                for (place, provider) in providers(route).enumerated() {
                    node(provider.name, boxed(provider), "cylinder")
                    edge(provider.name, "route/\(route)", providers(route).count > 1 ? "\(place + 1)" : "")
                }
            }
            var last = name
            if !pipeline.allIndicators.isEmpty {
                last = "\(name) indicators"
                node(last, "indicators\n" + shortened(pipeline.allIndicators), "box")
                edge(name, last)
            }
            for model in models(pipeline) {
                node(model.instance.name, boxed(model.instance), "component")
                edge(last, model.instance.name)
                for sink in sinks(pipeline) { edge(model.instance.name, sink.name) }
            }
            for sink in sinks(pipeline) {
                node(sink.name, boxed(sink), "folder")
                edge(last, sink.name)
            }
        }
        return
            (["digraph penstock {", "  rankdir=LR;", "  node [fontname=\"Helvetica\", fontsize=10];"] + nodes + edges
            + ["}"])
            .joined(separator: "\n") + "\n"
    }

    // MARK: Parts

    private func title(_ pipeline: PipelineDeclaration) -> String {
        let what = pipeline.kind == .bar ? "\(pipeline.timeframe) bars" : "\(pipeline.kind.rawValue) events"
        let shape = pipeline.shape.map { " built of \($0.source.rawValue) events" } ?? ""
        let count = pipeline.instruments.count
        return "\(what)\(shape) of \(pipeline.isListed ? "all" : "\(count)") instrument\(count == 1 ? "" : "s")"
    }

    /// What comes in, and by which route.
    private func inputs(_ pipeline: PipelineDeclaration) -> [(name: String, route: String)] {
        [("rows", pipeline.route)] + pipeline.inputs.map { ("input \($0.name)", $0.route) }
    }

    private func providers(_ route: String) -> [InstanceDeclaration] {
        let ids = manifest.routes.first { $0.id == route }?.everyProvider ?? []
        return ids.compactMap { id in manifest.providers.first { $0.instance.id == id }?.instance }
    }

    private func models(_ pipeline: PipelineDeclaration) -> [ModelDeclaration] {
        manifest.models.filter { pipeline.models.contains($0.instance.id) }
    }

    private func sinks(_ pipeline: PipelineDeclaration) -> [InstanceDeclaration] {
        manifest.sinks.map(\.instance).filter { pipeline.sinks.contains($0.id) }
    }

    private func reads(_ model: ModelDeclaration, _ pipeline: PipelineDeclaration) -> String {
        let columns = manifest.features(of: model, in: pipeline).count
        return "of \(columns) column\(columns == 1 ? "" : "s")"
    }

    private func labelled(_ instance: InstanceDeclaration) -> String {
        "\(instance.name) (\(instance.descriptor.name))"
    }

    private func boxed(_ instance: InstanceDeclaration) -> String { "\(instance.name)\n\(instance.descriptor.name)" }

    private func shortened(_ names: [String]) -> String {
        let shown = names.prefix(Self.mostNames).joined(separator: "\n")
        return names.count > Self.mostNames ? shown + "\nand \(names.count - Self.mostNames) more" : shown
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
