import FoundationEssentials
package import HostCore

/// How a fitted model came about and how good it was out of sample; stored with the artifact, served by the API.
package struct ModelCard: Codable, Sendable, Hashable {
    /// Metrics of one instrument.
    package struct Instrument: Codable, Sendable, Hashable {
        /// Canonical name.
        package var instrument: String
        /// Out-of-sample metrics.
        package var metrics: PredictionMetrics
    }

    /// One test.
    package struct Fold: Codable, Sendable, Hashable {
        /// Rows learned from.
        package var trainRows: Int
        /// Rows tested on.
        package var testRows: Int
        /// Event times of the test, nanoseconds since the Unix epoch, UTC: after, through.
        package var validAfter: Int64
        package var validThrough: Int64
        /// Metrics of this test.
        package var metrics: PredictionMetrics
        /// What its fit reported beside the artifact; `nil` where that is nothing.
        package var figures: [String: Double]?

        enum CodingKeys: String, CodingKey {
            case figures
            case trainRows = "train_rows"
            case testRows = "test_rows"
            case validAfter = "valid_after"
            case validThrough = "valid_through"
            case metrics
        }
    }

    /// What a feature is worth.
    package struct Importance: Codable, Sendable, Hashable {
        /// The column.
        package var feature: String
        /// How much the mean squared error of a test grows where the feature's values change places, as a share of it: mean over
        /// the tests.
        package var mean: Double
        /// Standard deviation of that between the tests; `nil` for one test.
        package var deviation: Double?
    }

    /// The model instance.
    package var model: String
    /// The plugin, as `model/name`.
    package var plugin: String
    /// The plugin's version.
    package var pluginVersion: String
    /// What is predicted.
    package var target: String
    /// Feature names in column order.
    package var features: [String]
    /// Bars it sees together; `nil` for one.
    package var window: Int?
    /// Identity of the feature columns, hexadecimal.
    package var featureSchema: String
    /// Digest of the configuration.
    package var configurationDigest: String
    /// Digest of the bars.
    package var dataDigest: String
    /// Bars it was fitted on.
    package var bars: Int
    /// Labelled rows the serving part learned from.
    package var rows: Int
    /// Instruments that have a fit of their own; `nil` where one fit is for all.
    package var per: Int?
    /// Last event time any label needed, nanoseconds since the Unix epoch, UTC.
    package var trainedThrough: Int64
    /// The seed of every random choice.
    package var seed: UInt64
    /// The kind of validation.
    package var validation: String
    /// Event times left out around each test.
    package var embargo: Int
    /// The tests.
    package var folds: [Fold]
    /// What the fit that serves reported beside the artifact (error over rows it had not seen, rounds kept, weights of members); the
    /// mean of each where instruments have fits of their own. `nil` where that is nothing.
    package var figures: [String: Double]?
    /// Out-of-sample metrics over all tests.
    package var metrics: PredictionMetrics
    /// The same with the instruments of an event time side by side.
    package var panel: PanelMetrics
    /// Out-of-sample metrics by instrument.
    package var instruments: [Instrument]
    /// How the tests went over time; `nil` in cards from before it was kept.
    package var course: [Stretch]?
    /// What each feature is worth, the greatest first; `nil` in cards from before it was kept, empty for models that learn.
    package var importance: [Importance]?
    /// What the searches of its options found, one a test and one for what serves; `nil` where nothing is searched.
    package var search: [Search]?
    /// What the leakage gate found; `nil` in cards from before there was one.
    package var leakage: LeakageVerdict?
    /// Where the rows lie that each part of the artifact learned from; `nil` where the model does not abstain.
    package var domains: [FeatureDomain]?
    /// What live rows and errors are compared with; `nil` in cards from before it was kept.
    package var sketch: DriftSketch?
    /// Seconds the fit took, the gate included.
    package var fitSeconds: Double

    enum CodingKeys: String, CodingKey {
        case model, plugin, target, features, bars, rows, seed, validation, embargo, folds, metrics, panel, instruments
        case search, leakage, domains, sketch, window, course, importance, figures
        case pluginVersion = "plugin_version"
        case featureSchema = "feature_schema"
        case configurationDigest = "configuration_digest"
        case per = "instruments_fitted"
        case dataDigest = "data_digest"
        case trainedThrough = "trained_through"
        case fitSeconds = "fit_seconds"
    }
}

extension ModelCard {
    /// The card as JSON with sorted keys.
    package var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// Reads a card; `nil` where the bytes are none.
    package init?(json: [UInt8]) {
        guard let card = try? JSONDecoder().decode(ModelCard.self, from: Data(json)) else { return nil }
        self = card
    }
}
