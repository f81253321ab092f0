import FileOutput
import HostCore
package import HostManifest
import HostStorage
import PluginKit

/// Says which sinks a manifest would give records again that they have: what decides the content of these has changed.
struct Redelivery {
    let manifest: Manifest
    let database: StateDatabase

    /// Returns a sentence for each stream of a sink of these pipelines; all where none is named.
    func lines(of pipelines: Set<String>? = nil) async -> [String] {
        var lines: [String] = []
        for pipeline in manifest.pipelines where pipelines?.contains(pipeline.id) ?? true {
            guard let provider = manifest.providers(of: pipeline).first else { continue }
            let digest = PipelineDigest(manifest: manifest, pipeline: pipeline, provider: provider)
            for sink in manifest.sinks where pipeline.sinks.contains(sink.instance.id) && !sink.startsNow {
                lines += await self.lines(sink, pipeline, digest.digests(of: sink))
            }
        }
        return lines
    }

    private func lines(
        _ sink: SinkDeclaration, _ pipeline: PipelineDeclaration, _ digests: StreamDigests
    ) async -> [String] {
        var lines: [String] = []
        let streams = SinkPlan.streams(sink.records, models: pipeline.models)
        func key(_ stream: RecordStream) -> WatermarkKey {
            WatermarkKey(pipeline: pipeline.id, sink: sink.instance.id, digest: digests[stream])
        }
        // Of alerts there may be none for years, so that nothing is ever noted under their new digest: by themselves they make
        // nothing go out again.
        var lacksRows = false
        for stream in streams where stream.kind != .alerts && stream.kind != .outcomes {
            if let known = try? await database.watermarks(key(stream)), known.isEmpty { lacksRows = true }
        }
        for stream in streams where stream.kind != .alerts || lacksRows {
            // What cannot be read now is told by the run that needs it.
            if let rows = try? await database.deliveredOtherwise(key(stream), stream, pipeline.timeframe), rows > 0 {
                lines.append(
                    "\(sink.instance.name): gets \(Self.what(rows, stream)) again, because what decides them changed; "
                        + "'from: now' of the sink delivers only what is new.")
            } else if let before = await former(key(stream), pipeline.timeframe) {
                lines.append(
                    "\(sink.instance.name): gets \(Self.what(before.rows, stream)) again, which sink/\(before.sink) of "
                        + "pipeline/\(before.pipeline) put at the same place: what a sink has is known by these two ids. Name "
                        + "them so again, or 'from: now' of the sink delivers only what is new.")
            }
        }
        return lines
    }

    private static func what(_ rows: Int, _ stream: RecordStream) -> String {
        stream.kind == .alerts ? "the alerts of about \(rows) rows" : "about \(rows) rows of \(stream)"
    }

    /// The sink of a pipeline that had a stream at the same place and is no longer there: it, or its pipeline, was renamed.
    private func former(
        _ key: WatermarkKey, _ timeframe: Timeframe
    ) async -> (pipeline: String, sink: String, rows: Int)? {
        guard let others = try? await database.deliveredElsewhere(key, timeframe) else { return nil }
        return others.first { other in
            !manifest.pipelines.contains { $0.id == other.pipeline && $0.sinks.contains(other.sink) }
        }
    }
}

extension PlanReport {
    /// Describes what differs for a host that does not run.
    package static func ofNextStart(from old: Manifest, to new: Manifest) async -> PlanReport {
        let plan = ReloadPlan(from: old, to: new)
        let path = "\(new.resolve(new.host.state))/penstock.db"
        guard FilePaths.exists(path), let database = try? StateDatabase(path: path, instruments: InstrumentTable())
        else {
            return PlanReport(plan, again: [])
        }
        defer { database.close() }
        return PlanReport(plan, again: await Redelivery(manifest: new, database: database).lines())
    }
}
