import HostCore
import HostManifest
import PluginKit

/// Puts closes of several venues at the same times, so that their moves are of the same span.
enum HistoryBucket {
    /// A day in nanoseconds.
    static let day: Int64 = 86_400_000_000_000

    /// Returns closes by time: of bars of a day and more by day, UTC, since venues close at different hours of it.
    static func closes(_ bars: [StoredBar], _ timeframe: Timeframe) -> [(time: Int64, close: Double)] {
        let isDaily = timeframe.nanoseconds >= day
        return bars.map { (isDaily ? $0.event.time / day : $0.event.time, $0.event.close) }
    }
}

extension Manifest {
    /// Whether any pipeline has a provider that is no replay of the past.
    var hasLiveProvider: Bool {
        pipelines.contains { pipeline in
            providers(of: pipeline).contains { id in
                self.providers.first { $0.instance.id == id }?.instance.descriptor.provider?.isReplay == false
            }
        }
    }

    /// The first pipeline that has bars of an instrument.
    func barPipeline(of instrument: Instrument) -> PipelineDeclaration? {
        pipelines.first { $0.kind == .bar && $0.instruments.contains(instrument) }
    }
}

extension RiskReport.Check {
    /// What an order would break.
    init(_ breaches: [RiskReport.Reading], price: Double) {
        self.init(allowed: breaches.isEmpty, price: price, breaches: breaches)
    }
}

extension RiskEngine {
    /// Returns what is broken after an order and not as badly before it: an order that makes a breach smaller is allowed.
    func broken(by after: RiskEngine) -> [RiskReport.Reading] {
        let before = Dictionary(
            measured().map { ("\($0.limit.rule)/\(name(of: $0.reading.subject))", $0.reading.value) },
            uniquingKeysWith: { first, _ in first })
        return after.measured().compactMap { limit, reading in
            let subject = after.name(of: reading.subject)
            let isWorse = reading.value > (before["\(limit.rule)/\(subject)"] ?? 0)
            guard reading.value > reading.limit, isWorse else { return nil }
            return RiskReport.Reading(
                rule: limit.rule, subject: subject, unit: RiskRules.named(limit.rule)?.unit.rawValue ?? "",
                value: reading.value, limit: reading.limit, broken: true)
        }
    }
}
