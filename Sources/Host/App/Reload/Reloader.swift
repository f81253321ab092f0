import HostCore
import HostManifest
import PluginKit
import Synchronization

/// Takes a running host from one manifest to another: reads, checks, builds and warms up the new beside the old, swaps at
/// a batch boundary, drains the old, commits. Whatever fails before the swap leaves the old running untouched.
final class Reloader: Sendable {
    private let host: Host
    private let source: ManifestSource
    private let isBusy = Mutex(false)
    private let last = Guarded<ReloadReport?>(nil)

    init(host: Host, source: ManifestSource) {
        self.host = host
        self.source = source
    }

    /// Reloads; one at a time, another call meanwhile is answered with `busy`.
    ///
    /// - Parameter text: a manifest to run instead of the file; it replaces the file once it runs.
    func reload(_ text: [UInt8]? = nil) async -> ReloadReport {
        let isFree = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isFree, host.takesReloads else {
            if isFree { isBusy.withLock { $0 = false } }
            return report(.busy, "Another reload, the start or the stop is under way. Try again when it has ended.")
        }
        defer { isBusy.withLock { $0 = false } }
        host.manager?.tell(ServiceManager.reloading)
        defer { host.manager?.tell(["READY=1"]) }
        let clock = ContinuousClock()
        let start = clock.now
        var result = await run(text)
        result.milliseconds = start.duration(to: clock.now).milliseconds
        let done = result
        last.change { $0 = done }
        await host.log(done)
        host.report(.reloaded(done))
        return done
    }

    /// Switches an instance, named `kind/id`, on or off in the file and reloads; `nil` where the file names none such.
    func enable(_ instance: String, _ isEnabled: Bool) async -> ReloadReport? {
        do throws(ManifestEditor.Refusal) {
            let named = try ManifestEditor.instances(path: source.file)
            guard named.contains(where: { $0.name == instance }) else { return nil }
            let isSound = await read(nil).result.manifest != nil
            let before = try? ManifestLoader.bytes(of: source.file)
            let edit = try ManifestEditor.setEnabled(isEnabled, instance: instance, path: source.file)
            let report = await reload()
            // What others need stays on, in the file too: no start would take it otherwise.
            guard report.outcome == .refused, isSound, edit.isChanged, let before else { return report }
            try? AtomicFile.write(String(decoding: before, as: UTF8.self), to: source.file)
            return report
        } catch {
            return report(.refused, error.description)
        }
    }

    /// The manifest that runs, as a JSON object: file, revision, the last reload.
    var description: [UInt8] {
        struct Description: Encodable {
            let file: String
            let revision: Int
            let last: ReloadReport?
        }
        return SortedJSON.bytes(Description(file: source.file, revision: host.revision, last: last.value))
    }

    /// Returns what a reload would do; changes nothing.
    func plan() async -> PlanReport {
        let loaded = await read(nil)
        guard let read = loaded.result.manifest else {
            return PlanReport(faults: loaded.result.faults)
        }
        let manifest = await listed(read).manifest
        let plan = plan(to: manifest)
        return PlanReport(plan, again: await again(plan, manifest))
    }

    /// What sinks of pipelines that begin anew would be given again.
    private func again(_ plan: ReloadPlan, _ manifest: Manifest) async -> [String] {
        let anew = plan.pipelines.filter { $0.effect == .restarted || $0.effect == .started }.map(\.id)
        return await Redelivery(manifest: manifest, database: host.state.database).lines(of: Set(anew))
    }

    /// Reads and checks; asking plugins about their options may take long, so it runs on threads of its own.
    private func read(_ text: [UInt8]?) async -> LoadedManifest {
        let source = source
        return await LongWork.run(until: StopSignal(), grace: .zero) { source.load(text) } ?? source.load(text)
    }

    private func run(_ text: [UInt8]?) async -> ReloadReport {
        let loaded = await read(text)
        guard let read = loaded.result.manifest else {
            var refused = report(.refused, "The manifest has faults; the one before runs on.")
            refused.faults = loaded.result.faults
            return refused
        }
        let (manifest, unlisted) = await listed(read)
        let plan = plan(to: manifest)
        guard !plan.isEmpty else {
            var same = report(.unchanged)
            same.warnings = unlisted + keep(text, loaded)
            host.view.set(plugins: loaded.plugins)
            return same
        }
        let again = await again(plan, manifest)
        for line in again { host.report(.warning(line)) }
        let staged = StagedReload(host: host, plan: plan, manifest: manifest)
        do {
            try await staged.prepare()
        } catch {
            await staged.discard()
            return report(.failed, "\(error.message) The manifest before runs on, untouched.")
        }
        do {
            var done = report(.applied)
            (done.revision, done.parts) = try await staged.commit()
            done.warnings = again + unlisted + keep(text, loaded) + postponed(plan)
            host.view.set(plugins: loaded.plugins)
            return done
        } catch {
            return report(.failed, "\(error.message) The manifest before runs again.")
        }
    }

    /// Returns the manifest with what the sources list that go on; where one does not answer, with what it listed before.
    ///
    /// A source that the reload makes anew is asked once it is there.
    private func listed(_ manifest: Manifest) async -> (manifest: Manifest, warnings: [String]) {
        let before = host.manifest.pipelines.filter(\.isListed).map { ($0.id, $0.instruments) }
        let manifest = manifest.with(listed: Dictionary(uniqueKeysWithValues: before))
        guard manifest.pipelines.contains(where: \.isListed) else { return (manifest, []) }
        let plan = plan(to: manifest)
        let running = host.instances.providers.filter { !plan.built.contains("provider/\($0.key)") }
        let outcome = await ListedInstruments(
            manifest: manifest, providers: running, kept: host.state.lists
        ) { [host] in
            host.report(.notice($0))
        }.resolve()
        let warnings = outcome.faults.sorted { $0.key < $1.key }.map { id, fault in
            "\(fault.message) pipeline/\(id) goes on with what it listed before."
        }
        return (outcome.manifest, warnings)
    }

    private func plan(to manifest: Manifest) -> ReloadPlan {
        let ended = host.runs.all.filter { !$0.composed.pipeline.takesChanges }.map(\.id)
        let broken = host.runs.all.filter { run in
            run.phase == .ended && [.failed, .degraded].contains(host.board.status(.pipeline, run.id)?.state)
        }.map(\.id)
        return ReloadPlan(
            from: host.manifest, to: manifest, retired: host.board.retired, ended: Set(ended), broken: Set(broken))
    }

    private func report(_ outcome: ReloadReport.Outcome, _ message: String = "") -> ReloadReport {
        ReloadReport(outcome: outcome, revision: host.revision, message: message)
    }

    private func postponed(_ plan: ReloadPlan) -> [String] {
        plan.postponed.isEmpty
            ? [] : ["host: \(plan.postponed.map { "'\($0)'" }.joined(separator: ", ")) takes effect at the next start."]
    }

    /// Keeps the text as the last good one, and puts it into the file where it came from elsewhere.
    private func keep(_ text: [UInt8]?, _ loaded: LoadedManifest) -> [String] {
        var warnings: [String] = []
        do throws(AtomicFile.Failure) {
            try LastGoodManifest.keep(loaded.text, in: host.state.path)
            if let text { try AtomicFile.write(String(decoding: text, as: UTF8.self), to: source.file) }
        } catch {
            warnings.append(error.description)
        }
        return warnings
    }
}

/// The last manifest that ran, kept in the state folder: what `run --resume` and `config diff` read.
package enum LastGoodManifest {
    /// The file in a state folder.
    package static func path(in stateFolder: String) -> String { "\(stateFolder)/last-good.yaml" }

    /// Replaces it; it holds what the manifest holds, and that may be secrets.
    static func keep(_ text: [UInt8], in stateFolder: String) throws(AtomicFile.Failure) {
        guard !text.isEmpty else { return }
        try AtomicFile.write(
            String(decoding: text, as: UTF8.self), to: path(in: stateFolder), rights: .ownerOnly)
    }
}
