package import HostCore
package import PluginKit
package import PredictionTargets

/// Everything a fit needs, checked: the model, its columns, its target and how it is judged.
package struct TrainingPlan: Sendable {
    /// The model instance's id.
    package let id: String
    /// The model.
    package let model: any Model
    /// What the model's plugin is.
    package let descriptor: PluginDescriptor
    /// The pipeline's features.
    package let features: FeaturePlan
    /// Positions of the model's features in the pipeline's matrix.
    package let columns: [Int]
    /// What is learned.
    package let target: Target
    /// Whether each instrument has a fit of its own.
    package let isPerInstrument: Bool
    /// How it is judged.
    package let validation: ValidationScheme
    /// Seeds every random choice.
    package let seed: UInt64
    /// Threads a fit may use.
    package let threads: Int
    /// Digest of plugin, options, features, target and validation.
    package let configurationDigest: String

    /// Creates a plan.
    package init(
        id: String, model: any Model, descriptor: PluginDescriptor, features: FeaturePlan, columns: [Int],
        target: Target, isPerInstrument: Bool = false, validation: ValidationScheme, seed: UInt64, threads: Int,
        configurationDigest: String
    ) {
        self.id = id
        self.model = model
        self.descriptor = descriptor
        self.features = features
        self.columns = columns
        self.target = target
        self.isPerInstrument = isPerInstrument
        self.validation = validation
        self.seed = seed
        self.threads = threads
        self.configurationDigest = configurationDigest
    }

    /// Names of the features.
    package var featureNames: [String] { columns.map { features.schema.names[$0] } }
}

/// The bars models are fitted on, and their digest.
package struct TrainingData: Sendable {
    /// Accepted bars, ascending in event time per instrument.
    package let bars: [Bar]
    /// Names of instruments.
    package let instruments: InstrumentTable
    /// Digest of instruments and bars.
    package let digest: String

    /// Takes bars, ascending in event time per instrument, and digests them; in which order instruments come means nothing.
    package init(bars given: [Bar], instruments: InstrumentTable) {
        bars = Self.byInstrument(given, instruments)
        self.instruments = instruments
        var digest = StableDigest()
        var names: [InstrumentID: UInt64] = [:]
        for bar in bars {
            let name = names[bar.instrument] ?? Self.number(instruments.instrument(bar.instrument))
            names[bar.instrument] = name
            digest.add(bar, instrument: name)
        }
        self.digest = digest.text
    }

    /// The bars of one instrument after those of another, by name; the order within each stays.
    private static func byInstrument(_ bars: [Bar], _ instruments: InstrumentTable) -> [Bar] {
        var counts: [InstrumentID: Int] = [:]
        for bar in bars { counts[bar.instrument, default: 0] += 1 }
        var places: [InstrumentID: Int] = [:]
        var next = 0
        for id in counts.keys.sorted(by: { instruments.instrument($0) < instruments.instrument($1) }) {
            places[id] = next
            next += counts[id] ?? 0
        }
        var sorted = bars
        for bar in bars {
            guard let place = places[bar.instrument] else { continue }
            sorted[place] = bar
            places[bar.instrument] = place + 1
        }
        return sorted
    }

    private static func number(_ instrument: Instrument) -> UInt64 {
        FeatureSchema(names: [instrument.description]).id
    }
}
