import HostCore

extension Metric {
    static let predictions: [Metric] = [
        model("penstock_predictions_total", .counter, "Predictions made.") { Double($0.predicted) },
        model("penstock_not_predicted_total", "Accepted bars without a prediction, by reason.", by: .reason) {
            $0.notPredicted
        },
        model("penstock_predictions_flagged_total", "Predictions with a flag, by flag.", by: .flag) { $0.flagged },
    ]

    static let outcomes: [Metric] = [
        model("penstock_outcomes_total", .counter, "Predictions whose outcome became known.") { Double($0.outcomes) },
        model("penstock_outcomes_undefined_total", .counter, "Predictions that have no outcome.") {
            Double($0.undefinedOutcomes)
        },
        model("penstock_learned_total", .counter, "Labels learned while serving.") { Double($0.learned) },
        model("penstock_not_learned_total", .counter, "Labels refused while serving.") { Double($0.notLearned) },
        model("penstock_outcome_error_mean", .gauge, "Mean absolute error \(last).") { $0.recent.meanAbsoluteError },
        model("penstock_outcome_error_rms", .gauge, "Root mean squared error \(last).") {
            $0.recent.rootMeanSquaredError
        },
        model("penstock_outcome_hit_ratio", .gauge, "Share \(last) whose direction was predicted.") {
            $0.recent.hitRate
        },
        model("penstock_feature_psi", .gauge, "Largest population stability index of a feature \(rows).") {
            $0.rows.shifts.map(\.psi).max()
        },
        model("penstock_feature_ks", .gauge, "Largest Kolmogorov-Smirnov distance of a feature \(rows).") {
            $0.rows.shifts.map(\.ks).max()
        },
        model("penstock_outcome_error_drift", .gauge, "How near errors are to the alarm of Page and Hinkley, 0...1.") {
            $0.rows.sketch == nil ? nil : $0.errors.level
        },
        model("penstock_outcome_error_alarms_total", .counter, "Alarms that errors became larger than in the tests.") {
            Double($0.errors.alarms)
        },
    ]

    private static let rows = "of the last \(FeatureWindow.size) rows that the serving fit predicted"

    private static let last = "of the last \(OutcomeWindow.size) outcomes"

    static let sinks: [Metric] = [
        sink("penstock_sink_offered_total", .counter, "Rows put before the sink's queue.") { $0.offered },
        sink("penstock_sink_delivered_total", .counter, "Rows the sink took.") { $0.delivered },
        sink("penstock_sink_already_durable_total", .counter, "Rows not offered: durable since an earlier run.") {
            $0.alreadyDurable
        },
        sink("penstock_sink_waiting", .gauge, "Rows in the queue or being written.") { $0.waiting },
        sink("penstock_sink_dropped_total", "Rows lost before the sink, by reason.") { $0.dropped },
        sink("penstock_sink_refused_total", "Rows the sink refused, by reason.") { $0.refused },
    ]

    private static func model(
        _ name: String, _ kind: Kind, _ help: String, _ value: @escaping @Sendable (FlowSnapshot.Model) -> Double?
    ) -> Metric {
        Metric(name, kind, help, .models, [.pipeline, .model]) { source, samples in
            for flow in source.flows {
                for model in flow.models {
                    if let value = value(model) { samples.add(value, flow.pipeline, model.id) }
                }
            }
        }
    }

    private static func model(
        _ name: String, _ help: String, by label: Label,
        _ counts: @escaping @Sendable (FlowSnapshot.Model) -> ReasonCounts
    ) -> Metric {
        Metric(name, .counter, help, .models, [.pipeline, .model, label]) { source, samples in
            for flow in source.flows {
                for model in flow.models { samples.add(counts(model), flow.pipeline, model.id) }
            }
        }
    }

    private static func sink(
        _ name: String, _ kind: Kind, _ help: String, _ value: @escaping @Sendable (FlowSnapshot.Sink) -> Int
    ) -> Metric {
        Metric(name, kind, help, .sinks, [.pipeline, .sink]) { source, samples in
            for flow in source.flows {
                for sink in flow.sinks { samples.add(value(sink), flow.pipeline, sink.id) }
            }
        }
    }

    private static func sink(
        _ name: String, _ help: String, _ counts: @escaping @Sendable (FlowSnapshot.Sink) -> ReasonCounts
    ) -> Metric {
        Metric(name, .counter, help, .sinks, [.pipeline, .sink, .reason]) { source, samples in
            for flow in source.flows {
                for sink in flow.sinks { samples.add(counts(sink), flow.pipeline, sink.id) }
            }
        }
    }
}
