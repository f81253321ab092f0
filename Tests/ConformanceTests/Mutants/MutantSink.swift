import Glibc
import PluginKit
import PluginKitTesting
import Synchronization

/// A sink that keeps closes by publishing them at a flush; with one flaw, or with none.
final class MutantSink: Sink {
    enum Flaw: String, CaseIterable {
        case none, reversesBatches, losesRepeats, refusesEmptyBatches, losesRowsAfter4096, namesRowsOutside, losesNaN
        case losesBufferOnStop, takesRowsAfterStop, refusesSecondFlush, hangsOnSecondStop, leaksDescriptors
        case leaksInstances, sharesItsEnd, logsItsSecret, inventsCodes, refusesItsUpperBound, misnamesMissing
        case refusesAlerts, takesRowsWhileAway, hasABadDefault, hasNoSummary
        case takesUnknownOptionsAmiss, waitsThroughCancellation, diesOfCancellation
    }

    /// What instances of one mutant wrongly share.
    final class Shared: Sendable {
        let kept = Mutex<[MutantSink]>([])
        let isStopped = Mutex(false)
    }

    private struct State {
        var buffer: [Double] = []
        var stops = 0
        var flushes = 0
        var isFlushed = false
        var seen: Set<Int64> = []
    }

    static let descriptor = describe(.none)
    private let flaw: Flaw
    private let shared: Shared
    private let context: PluginContext
    private let isAway: Bool
    private let state = Mutex(State())

    convenience init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, context, .none, Shared())
    }

    init(
        _ configuration: Configuration, _ context: PluginContext, _ flaw: Flaw, _ shared: Shared
    ) throws(PluginError) {
        (self.flaw, self.shared, self.context) = (flaw, shared, context)
        if flaw == .misnamesMissing, !configuration.has("size") {
            throw PluginError(.badRequest, "sink/mutant: 'size' is missing. Set it.")
        }
        if flaw == .takesUnknownOptionsAmiss, configuration.values.keys.contains("no_such_option") {
            throw PluginError(.badRequest, "sink/mutant: 'no_such_option' is not known.")
        }
        let size = try configuration.integer("size")
        isAway = try configuration.boolean("away")
        if flaw == .refusesItsUpperBound, size == 100 {
            throw PluginError(.configuration, "sink/mutant: 'size' is 100; allowed 1...99.")
        }
        if flaw == .logsItsSecret, configuration.has("key") {
            context.log(.info, "signed in", ["key": try configuration.secret("key").reveal()])
        }
        if flaw == .leaksDescriptors { _ = open("/dev/null", O_RDONLY | O_CLOEXEC) }
        if flaw == .leaksInstances { shared.kept.withLock { $0.append(self) } }
        shared.isStopped.withLock { $0 = false }
    }

    static func describe(_ flaw: Flaw) -> PluginDescriptor {
        PluginDescriptor(
            kind: .sink, name: "mutant", summary: flaw == .hasNoSummary ? "" : "Publishes closes.",
            schema: ConfigurationSchema([
                .integer("size", 1...100, default: flaw == .hasABadDefault ? 0 : 50, "A number."),
                .boolean("away", default: false, "Whether the outside is away."),
                .secret("key", "A key."),
            ]),
            accepts: [.bars, .alerts])
    }

    static func type(_ flaw: Flaw) -> PluginType {
        let shared = Shared()
        return PluginType(
            descriptor: describe(flaw), tier: .static, typeName: "MutantSink",
            maker: .sink { (configuration, context) throws(PluginError) in
                try MutantSink(configuration, context, flaw, shared)
            }, validate: { _ in [] })
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        try refuse(batch)
        if Task.isCancelled, flaw == .waitsThroughCancellation {
            // Never resumed: that is the flaw.
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        if Task.isCancelled, flaw == .diesOfCancellation { state.withLock { $0.stops += 1 } }
        guard case .bars(let bars) = batch.content else { return .accepted }
        var closes = bars.map(\.close)
        if flaw == .losesRowsAfter4096 { closes = Array(closes.prefix(4_096)) }
        if flaw == .reversesBatches { closes.reverse() }
        if flaw == .losesNaN { closes.removeAll(where: \.isNaN) }
        if flaw == .losesRepeats, let first = bars.first {
            let isNew = state.withLock { $0.seen.insert(first.time).inserted }
            if !isNew { closes = [] }
        }
        if flaw == .namesRowsOutside { return WriteReceipt(retry: [bars.count]) }
        state.withLock { $0.buffer += closes }
        return .accepted
    }

    private func refuse(_ batch: RecordBatch) throws(PluginError) {
        if isAway, flaw != .takesRowsWhileAway {
            let code = flaw == .inventsCodes ? PluginError.Code("gone_fishing", isTransient: true) : .transient
            throw PluginError(code, "sink/mutant: the outside is away. Wait.")
        }
        if flaw == .sharesItsEnd, shared.isStopped.withLock(\.self) {
            throw PluginError(.transient, "sink/mutant: it was stopped.")
        }
        if state.withLock({ $0.stops > 0 }), flaw != .takesRowsAfterStop {
            throw PluginError(.unsupported, "sink/mutant: it was stopped.")
        }
        if flaw == .refusesEmptyBatches, batch.count == 0 {
            throw PluginError(.badRequest, "sink/mutant: the batch is empty.")
        }
        if flaw == .refusesAlerts, batch.kind == .alerts, batch.count > 0 {
            throw PluginError(.badRequest, "sink/mutant: alerts are not for here.")
        }
    }

    func flush() async throws(PluginError) {
        let (closes, flushes) = state.withLock { state in
            defer { state.buffer = [] }
            state.flushes += state.buffer.isEmpty ? 1 : 0
            return (state.buffer, state.flushes)
        }
        for close in closes { context.publish("/closes", nil, Array("\(close)".utf8)) }
        if flaw == .refusesSecondFlush, flushes > 1 {
            throw PluginError(.transient, "sink/mutant: there is nothing to flush.")
        }
    }

    func stop() async {
        shared.isStopped.withLock { $0 = true }
        let stops = state.withLock { state in
            state.stops += 1
            return state.stops
        }
        if flaw == .hangsOnSecondStop, stops > 1 {
            // Never resumed: that is the flaw.
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
        if stops == 1, flaw != .losesBufferOnStop { try? await flush() }
    }
}
