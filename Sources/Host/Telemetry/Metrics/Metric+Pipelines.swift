import HostCore
import PluginKit

extension Metric {
    static let events: [Metric] = [
        flow("penstock_bars_received_total", .counter, "Rows the provider gave, readable or not.") {
            Double($0.received)
        },
        flow("penstock_bars_accepted_total", .counter, "Bars that passed the quality stage.") { Double($0.accepted) },
        flow("penstock_bars_rejected_total", "Rows the quality stage refused, by reason.", by: .reason) { $0.rejected },
        flow("penstock_bars_undecided", .gauge, "Bars that wait for the ones after them.") { Double($0.undecided) },
        flow("penstock_events_revised_total", .counter, "Events that took the place of other versions.") {
            Double($0.revised)
        },
        flow("penstock_quarantine_omitted_total", .counter, "Refused rows that quarantine does not have.") {
            Double($0.omitted)
        },
        flow("penstock_ingest_waiting", .gauge, "Rows waiting between provider and pipeline.") {
            Double($0.ingestWaiting)
        },
        flow("penstock_alerts_total", "Alerts, of risk, quality and routes, by rule.", by: .rule) { $0.alerts },
        flow("penstock_events_suspect_total", "Accepted events that are unusual, by what is.", by: .reason) {
            $0.suspects
        },
        flow(
            "penstock_bars_missing_total",
            "Bars that the venue's calendar has and nobody gave, by what became of them.", by: .treatment
        ) { $0.missingBars },
        flow("penstock_last_event_timestamp_seconds", .gauge, "Newest event time accepted, since the Unix epoch.") {
            $0.lastEvent.map { Double($0) / 1e9 }
        },
    ]

    static let freshness: [Metric] = [
        fresh("penstock_instruments_followed", "Instruments whose route promises fresh events.") {
            $0.promised.map { Double($0.followed) }
        },
        fresh(
            "penstock_instruments_stale",
            "Of these, those without an event for longer than the route's silence, by the venue's calendar."
        ) { $0.promised.map { Double($0.stale) } },
        Metric(
            "penstock_instrument_last_event_timestamp_seconds", .gauge,
            "Newest event time of an instrument, since the Unix epoch.", .pipelines, [.pipeline, .instrument]
        ) { source, samples in
            for pipeline in source.freshness {
                for (instrument, time) in pipeline.newest {
                    samples.add(Double(time) / 1e9, pipeline.pipeline, instrument.description)
                }
            }
        },
    ]

    static let sections: [Metric] = [
        section("penstock_sections_total", .counter, "Event times whose rows were compared over instruments.") {
            $0.closed
        },
        section("penstock_section_absent_total", .counter, "Rows that were expected and not there to be compared.") {
            $0.absent
        },
        section("penstock_section_held", .gauge, "Rows that wait for those of other instruments.") { $0.held },
        flow("penstock_section_missing_total", "Compared columns without a value, by reason.", by: .reason) {
            $0.isSectioned ? $0.section.missing : [:]
        },
    ]

    static let inputs: [Metric] = [
        input("penstock_input_received_total", "Rows given to inputs beside the driving one.") { $0.received },
        input("penstock_input_accepted_total", "Their events that passed the quality stage.") { $0.accepted },
        input("penstock_input_rejected_total", "Their rows that did not, by reason.", by: .reason) { $0.rejected },
        input("penstock_input_missing_total", "Driving rows without values of an input, by reason.", by: .reason) {
            $0.missing
        },
    ]

    static let calls: [Metric] = [
        Metric(
            "penstock_call_duration_seconds", .histogram, "How long stages and calls of plugins took.", .calls,
            [.pipeline, .kind, .id]
        ) { source, samples in
            for flow in source.flows {
                for (call, histogram) in flow.calls.sorted(by: {
                    ($0.key.kind.rawValue, $0.key.id) < ($1.key.kind.rawValue, $1.key.id)
                }) {
                    samples.add(histogram, flow.pipeline, call.kind.rawValue, call.id)
                }
            }
        }
    ]

    private static func flow(
        _ name: String, _ kind: Kind, _ help: String, _ value: @escaping @Sendable (FlowSnapshot) -> Double?
    ) -> Metric {
        Metric(name, kind, help, .pipelines, [.pipeline]) { source, samples in
            for flow in source.flows {
                if let value = value(flow) { samples.add(value, flow.pipeline) }
            }
        }
    }

    private static func flow(
        _ name: String, _ help: String, by label: Label, _ counts: @escaping @Sendable (FlowSnapshot) -> ReasonCounts
    ) -> Metric {
        Metric(name, .counter, help, .pipelines, [.pipeline, label]) { source, samples in
            for flow in source.flows { samples.add(counts(flow), flow.pipeline) }
        }
    }

    private static func fresh(
        _ name: String, _ help: String, _ value: @escaping @Sendable (Freshness) -> Double?
    ) -> Metric {
        Metric(name, .gauge, help, .pipelines, [.pipeline]) { source, samples in
            for pipeline in source.freshness {
                if let value = value(pipeline) { samples.add(value, pipeline.pipeline) }
            }
        }
    }

    private static func section(
        _ name: String, _ kind: Kind, _ help: String, _ value: @escaping @Sendable (SectionTally) -> Int
    ) -> Metric {
        flow(name, kind, help) { $0.isSectioned ? Double(value($0.section)) : nil }
    }

    private static func input(
        _ name: String, _ help: String, _ value: @escaping @Sendable (FlowSnapshot.Input) -> Int
    ) -> Metric {
        Metric(name, .counter, help, .inputs, [.pipeline, .input]) { source, samples in
            for flow in source.flows {
                for side in flow.sides { samples.add(value(side), flow.pipeline, side.name) }
            }
        }
    }

    private static func input(
        _ name: String, _ help: String, by label: Label,
        _ counts: @escaping @Sendable (FlowSnapshot.Input) -> ReasonCounts
    ) -> Metric {
        Metric(name, .counter, help, .inputs, [.pipeline, .input, label]) { source, samples in
            for flow in source.flows {
                for side in flow.sides { samples.add(counts(side), flow.pipeline, side.name) }
            }
        }
    }
}
