import PluginKit

/// What a running host does to go over from one manifest to another: pure, and shown by `penstock config diff`.
package struct ReloadPlan: Sendable {
    /// What happens to a pipeline.
    package enum Effect: String, Sendable {
        /// It goes on untouched.
        case unchanged
        /// Indicators, models, sinks or risk change while it runs.
        case swapped
        /// Its data comes from elsewhere, or has ended: it drains and begins anew; no other pipeline is touched.
        case restarted
        /// It is new.
        case started
        /// It is gone: it drains and ends.
        case stopped
    }

    /// What differs.
    package let diff: ManifestDiff
    /// Effects by pipeline, in the order of the new manifest, then those that are gone.
    package let pipelines: [(id: String, effect: Effect)]
    /// Instances to build, as `kind/id`: named by a pipeline, and new or changed.
    package let built: Set<String>
    /// Instances to stop, as `kind/id`: no longer named by a pipeline, or replaced.
    package let stopped: Set<String>
    /// Instances, as `kind/id`, that are made anew although nothing of them differs, sorted: they failed for good.
    package let renewed: [String]
    /// Settings of the host that take effect at the next start.
    package let postponed: [String]
    /// Pipelines that would be swapped and begin anew because their data has ended; it is the same data.
    package let replayed: Set<String>

    private let old: Manifest
    private let new: Manifest
    private let hasBroken: Bool

    /// Plans the way from one manifest to another.
    ///
    /// - Parameters:
    ///   - retired: instances, as `kind/id`, that failed for good and are made anew where they are still needed.
    ///   - ended: pipelines whose data has ended: nothing is left in them to swap.
    ///   - broken: pipelines that ended with a fault, as of data that was not there: where nothing differs they begin again.
    package init(
        from old: Manifest, to new: Manifest, retired: Set<String> = [], ended: Set<String> = [],
        broken: Set<String> = []
    ) {
        self.old = old
        self.new = new
        let diff = ManifestDiff(from: old, to: new)
        self.diff = diff
        let (before, after) = (old.neededInstances, new.neededInstances)
        let changed = after.intersection(before).filter { Self.isReplaced($0, old, new) }
        let renewed = retired.intersection(after).intersection(before).subtracting(changed)
        let replaced = changed.union(renewed)
        self.renewed = renewed.sorted()
        built = after.subtracting(before).union(replaced)
        stopped = before.subtracting(after).union(replaced)
        postponed = diff.entries.first { $0.name == "host" }?.values.map(\.key) ?? []
        let touched = built.union(stopped).union(Self.reconfigured(diff))
        var effects = new.pipelines.map { ($0.id, Self.effect($0, old, new, diff, changed: touched)) }
        for gone in old.pipelines where !new.pipelines.contains(where: { $0.id == gone.id }) {
            effects.append((gone.id, .stopped))
        }
        let replayed = Set(effects.filter { $0.1 == .swapped && ended.contains($0.0) }.map(\.0))
        self.replayed = replayed
        let again = diff.isEmpty && renewed.isEmpty ? broken.intersection(new.pipelines.map(\.id)) : []
        hasBroken = !again.isEmpty
        pipelines = effects.map { id, effect in
            (id: id, effect: replayed.contains(id) || again.contains(id) ? .restarted : effect)
        }
    }

    /// What happens to a pipeline.
    package func effect(on pipeline: String) -> Effect? { pipelines.first { $0.id == pipeline }?.effect }

    /// Whether there is nothing to do.
    package var isEmpty: Bool { diff.isEmpty && renewed.isEmpty && !hasBroken }

    /// Whether another object has to take the instance's place: another plugin, version or option.
    private static func isReplaced(_ name: String, _ old: Manifest, _ new: Manifest) -> Bool {
        guard let before = old.instance(name), let after = new.instance(name) else { return true }
        return before.descriptor.id != after.descriptor.id || before.descriptor.version != after.descriptor.version
            || before.plugin.tier != after.plugin.tier || before.plugin.typeName != after.plugin.typeName
            || before.configuration != after.configuration
            || before.outputs.map(\.name) != after.outputs.map(\.name)
    }

    /// Instances whose envelope differs: a model's target, a sink's queue.
    private static func reconfigured(_ diff: ManifestDiff) -> Set<String> {
        let meaningless: Set<String> = ["on_failure", "enabled"]
        return Set(
            diff.entries.filter { entry in
                entry.section?.kind != nil && entry.action == .changed
                    && entry.values.contains { !meaningless.contains($0.key) }
            }.map(\.name))
    }

    private static func effect(
        _ pipeline: PipelineDeclaration, _ old: Manifest, _ new: Manifest, _ diff: ManifestDiff, changed: Set<String>
    ) -> Effect {
        guard let before = old.pipelines.first(where: { $0.id == pipeline.id }) else { return .started }
        let isElsewhere =
            before.instruments != pipeline.instruments || before.timeframe != pipeline.timeframe
            || before.kind != pipeline.kind || before.shape != pipeline.shape || before.inputs != pipeline.inputs
            || before.section != pipeline.section
            || !new.hasSameRoutes(pipeline, as: before, of: old)
        let beside =
            new.everyProvider(of: pipeline).map { "provider/\($0)" }
            + pipeline.inputs.flatMap(\.indicators).map { "indicator/\($0)" }
        if isElsewhere || beside.contains(where: changed.contains) { return .restarted }
        let parts =
            pipeline.indicators.map { "indicator/\($0)" } + pipeline.models.map { "model/\($0)" }
            + pipeline.sinks.map { "sink/\($0)" }
        let isSame =
            before.indicators == pipeline.indicators && before.models == pipeline.models
            && before.sinks == pipeline.sinks && before.riskMaxAge == pipeline.riskMaxAge
        return isSame && !parts.contains(where: changed.contains) ? .unchanged : .swapped
    }
}

extension Manifest {
    /// Every instance that a pipeline names, as `kind/id`.
    package var neededInstances: Set<String> {
        var names: Set<String> = []
        for pipeline in pipelines {
            names.formUnion(everyProvider(of: pipeline).map { "provider/\($0)" })
            names.formUnion(pipeline.allIndicators.map { "indicator/\($0)" })
            names.formUnion(pipeline.models.map { "model/\($0)" })
            names.formUnion(pipeline.sinks.map { "sink/\($0)" })
        }
        names.formUnion((risk?.sinks ?? []).map { "sink/\($0)" })
        return names
    }

    /// Returns an instance by `kind/id`.
    package func instance(_ name: String) -> InstanceDeclaration? { instances.first { $0.name == name } }

    /// Returns a route.
    package func route(_ id: String) -> RouteDeclaration? { routes.first { $0.id == id } }

    /// The providers of a pipeline's routes; the one that drives it comes first.
    package func providers(of pipeline: PipelineDeclaration) -> [String] {
        pipeline.routes.flatMap { route($0)?.providers ?? [] }
    }

    /// The same with those that their answers are compared with.
    func everyProvider(of pipeline: PipelineDeclaration) -> [String] {
        pipeline.routes.flatMap { route($0)?.everyProvider ?? [] }
    }

    fileprivate func hasSameRoutes(
        _ pipeline: PipelineDeclaration, as before: PipelineDeclaration, of old: Manifest
    ) -> Bool {
        pipeline.routes.count == before.routes.count
            && zip(pipeline.routes, before.routes).allSatisfy { now, then in
                guard let now = route(now), let then = old.route(then) else { return false }
                return now.isSame(as: then)
            }
    }
}
