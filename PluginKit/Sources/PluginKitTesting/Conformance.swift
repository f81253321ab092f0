public import PluginKit

/// Checks that a plugin of any kind and tier keeps its contract, and says so in a report; imports no test library.
///
/// ```swift
/// let report = await Conformance(.provider(Tokyo.self), sample: sample).report()
/// print(report.text)
/// ```
///
/// Checks run one after the other, each on instances of its own. What the suite cannot know is whether numbers are right,
/// beyond `sample.expected`: compare them with an independent source as well.
public struct Conformance: Sendable {
    private let bench: Workbench

    /// Creates a suite.
    public init(_ plugin: PluginType, sample: ConformanceSample) {
        bench = Workbench(plugin: plugin, sample: sample)
    }

    /// Names of all checks of the plugin's kind, in the order they run.
    public var checkNames: [String] { checks.map(\.name) }

    /// Returns what the machine lacks for the plugin to run at all (a library, a package); `nil` where nothing is missing.
    public func obstacle() async -> PluginError? {
        guard bench.descriptor.kind == .model, let place = try? bench.place(),
            let instance = try? bench.make(bench.configuration(), in: place)
        else { return nil }
        let fault = await bench.fault { try await instance.probe() }
        await bench.end(instance)
        return fault?.code == .environment ? fault : nil
    }

    /// Runs every check.
    ///
    /// - Parameter only: names of checks to run; `nil` for all.
    public func report(only: Set<String>? = nil) async -> ConformanceReport {
        var done: [ConformanceReport.Check] = []
        var findings: [ConformanceFinding] = []
        var figures: [ConformanceReport.Figure] = []
        for check in checks where only?.contains(check.name) ?? true {
            let notes = ConformanceNotes()
            let start = ContinuousClock.now
            let outcome = await run(check, notes)
            let duration = ConformanceReport.DurationClass(ContinuousClock.now - start)
            done.append(.init(name: check.name, area: check.area, outcome: outcome, duration: duration))
            findings += notes.messages.map { ConformanceFinding(check.name, $0) }
            figures += notes.figures
        }
        return ConformanceReport(
            plugin: bench.descriptor.id, version: bench.descriptor.version, tier: bench.plugin.tier, checks: done,
            findings: findings, figures: figures)
    }

    private var checks: [ConformanceCheck] {
        let data =
            switch bench.descriptor.kind {
            case .provider: bench.providerChecks
            case .indicator: bench.indicatorChecks
            case .model: bench.modelChecks
            case .sink: bench.sinkChecks
            }
        return bench.descriptorChecks + bench.configurationChecks + bench.lifecycleChecks + data + bench.speechChecks
    }

    private func run(_ check: ConformanceCheck, _ notes: ConformanceNotes) async -> ConformanceReport.Outcome {
        do {
            try await check.body(notes)
        } catch let reason as NotChecked {
            if notes.messages.isEmpty { return reason.outcome }
        } catch {
            if let fault = error as? PluginError { bench.heard.note(fault) }
            notes.report("it throws: \(error)")
        }
        return notes.messages.isEmpty ? .passed : .failed
    }
}
