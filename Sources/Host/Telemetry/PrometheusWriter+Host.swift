import HostCore
import PluginKit

extension PrometheusWriter {
    /// Writes what the host is and how long it runs.
    mutating func host(_ view: HostView, now: Int64) {
        family("penstock_build_info", .gauge, "Always 1; the version is the label.") {
            $0.sample(1, ["version": view.version])
        }
        family("penstock_uptime_seconds", .gauge, "Time since the process started.") {
            $0.sample(Double(max(0, now - view.startedAt)) / 1e9)
        }
        family("penstock_instruments", .gauge, "Instruments that have a bar.") {
            $0.sample(view.latest.instruments.count)
        }
    }

    /// Writes what the host keeps and how its last reload went.
    mutating func figures(_ figures: HostFigures) {
        family("penstock_state_bytes", .gauge, "Size of the state database with its log.") {
            $0.sample(figures.stateBytes)
        }
        family("penstock_state_removed_total", .counter, "Rows removed by host.retain, by kind.") { family in
            family.samples(figures.removed) { ["kind": $0] }
        }
        guard let reload = figures.reload else { return }
        family("penstock_last_reload_success", .gauge, "Whether the last reload took effect.") {
            $0.sample(reload.isGood ? 1 : 0)
        }
        family("penstock_last_reload_timestamp_seconds", .gauge, "When the last reload ended, since the Unix epoch.") {
            $0.sample(Double(reload.time) / 1e9)
        }
    }

    /// Writes the counters of every pipeline.
    mutating func flow(_ flows: [FlowSnapshot]) {
        family("penstock_bars_received_total", .counter, "Rows the provider gave, readable or not.") { family in
            for flow in flows { family.sample(flow.received, ["pipeline": flow.pipeline]) }
        }
        family("penstock_bars_accepted_total", .counter, "Bars that passed the quality stage.") { family in
            for flow in flows { family.sample(flow.accepted, ["pipeline": flow.pipeline]) }
        }
        family("penstock_bars_rejected_total", .counter, "Rows the quality stage refused, by reason.") { family in
            for flow in flows {
                family.samples(flow.rejected) { ["pipeline": flow.pipeline, "reason": $0] }
            }
        }
        family("penstock_bars_undecided", .gauge, "Bars that wait for the ones after them.") { family in
            for flow in flows { family.sample(flow.undecided, ["pipeline": flow.pipeline]) }
        }
        family("penstock_events_revised_total", .counter, "Events that took the place of other versions.") { family in
            for flow in flows { family.sample(flow.revised, ["pipeline": flow.pipeline]) }
        }
        family("penstock_quarantine_omitted_total", .counter, "Refused rows that quarantine does not have.") { family in
            for flow in flows { family.sample(flow.omitted, ["pipeline": flow.pipeline]) }
        }
        family("penstock_ingest_waiting", .gauge, "Rows waiting between provider and pipeline.") { family in
            for flow in flows { family.sample(flow.ingestWaiting, ["pipeline": flow.pipeline]) }
        }
        family("penstock_alerts_total", .counter, "Alerts, of risk, quality and routes, by rule.") { family in
            for flow in flows { family.samples(flow.alerts) { ["pipeline": flow.pipeline, "rule": $0] } }
        }
        family("penstock_events_suspect_total", .counter, "Accepted events that are unusual, by what is.") { family in
            for flow in flows { family.samples(flow.suspects) { ["pipeline": flow.pipeline, "reason": $0] } }
        }
        family(
            "penstock_bars_missing_total", .counter,
            "Bars that the venue's calendar has and nobody gave, by what became of them."
        ) { family in
            for flow in flows { family.samples(flow.missingBars) { ["pipeline": flow.pipeline, "treatment": $0] } }
        }
        family("penstock_last_event_timestamp_seconds", .gauge, "Newest event time accepted, since the Unix epoch.") {
            family in
            for flow in flows {
                if let time = flow.lastEvent { family.sample(Double(time) / 1e9, ["pipeline": flow.pipeline]) }
            }
        }
        sections(flows.filter(\.isSectioned))
        inputs(flows)
        predictions(flows)
        outcomes(flows)
        sinks(flows)
        calls(flows)
    }

    private mutating func sections(_ flows: [FlowSnapshot]) {
        family("penstock_sections_total", .counter, "Event times whose rows were compared over instruments.") {
            family in
            for flow in flows { family.sample(flow.section.closed, ["pipeline": flow.pipeline]) }
        }
        family("penstock_section_absent_total", .counter, "Rows that were expected and not there to be compared.") {
            family in
            for flow in flows { family.sample(flow.section.absent, ["pipeline": flow.pipeline]) }
        }
        family("penstock_section_held", .gauge, "Rows that wait for those of other instruments.") { family in
            for flow in flows { family.sample(flow.section.held, ["pipeline": flow.pipeline]) }
        }
        family("penstock_section_missing_total", .counter, "Compared columns without a value, by reason.") { family in
            for flow in flows {
                family.samples(flow.section.missing) { ["pipeline": flow.pipeline, "reason": $0] }
            }
        }
    }

    private mutating func inputs(_ flows: [FlowSnapshot]) {
        func each(_ body: (_ pipeline: String, FlowSnapshot.Input) -> Void) {
            for flow in flows { for input in flow.sides { body(flow.pipeline, input) } }
        }
        family("penstock_input_received_total", .counter, "Rows given to inputs beside the driving one.") { family in
            each { family.sample($1.received, ["pipeline": $0, "input": $1.name]) }
        }
        family("penstock_input_accepted_total", .counter, "Their events that passed the quality stage.") { family in
            each { family.sample($1.accepted, ["pipeline": $0, "input": $1.name]) }
        }
        family("penstock_input_rejected_total", .counter, "Their rows that did not, by reason.") { family in
            each { pipeline, input in
                family.samples(input.rejected) { ["pipeline": pipeline, "input": input.name, "reason": $0] }
            }
        }
        family("penstock_input_missing_total", .counter, "Driving rows without values of an input, by reason.") {
            family in
            each { pipeline, input in
                family.samples(input.missing) { ["pipeline": pipeline, "input": input.name, "reason": $0] }
            }
        }
    }

    private mutating func calls(_ flows: [FlowSnapshot]) {
        family("penstock_call_duration_seconds", .histogram, "How long stages and calls of plugins took.") { family in
            for flow in flows {
                for (call, histogram) in flow.calls.sorted(by: {
                    ($0.key.kind.rawValue, $0.key.id) < ($1.key.kind.rawValue, $1.key.id)
                }) {
                    family.sample(
                        histogram, [("pipeline", flow.pipeline), ("kind", call.kind.rawValue), ("id", call.id)])
                }
            }
        }
    }

    private mutating func outcomes(_ flows: [FlowSnapshot]) {
        func models(_ name: String, _ kind: Kind, _ help: String, _ value: (FlowSnapshot.Model) -> Double?) {
            family(name, kind, help) { family in
                for flow in flows {
                    for model in flow.models {
                        guard let number = value(model) else { continue }
                        family.sample(number, ["pipeline": flow.pipeline, "model": model.id])
                    }
                }
            }
        }
        let last = "of the last \(OutcomeWindow.size) outcomes"
        models("penstock_outcomes_total", .counter, "Predictions whose outcome became known.") { Double($0.outcomes) }
        models("penstock_outcomes_undefined_total", .counter, "Predictions that have no outcome.") {
            Double($0.undefinedOutcomes)
        }
        models("penstock_learned_total", .counter, "Labels learned while serving.") { Double($0.learned) }
        models("penstock_not_learned_total", .counter, "Labels refused while serving.") { Double($0.notLearned) }
        models("penstock_outcome_error_mean", .gauge, "Mean absolute error \(last).") { $0.recent.meanAbsoluteError }
        models("penstock_outcome_error_rms", .gauge, "Root mean squared error \(last).") {
            $0.recent.rootMeanSquaredError
        }
        models("penstock_outcome_hit_ratio", .gauge, "Share \(last) whose direction was predicted.") {
            $0.recent.hitRate
        }
    }

    private mutating func predictions(_ flows: [FlowSnapshot]) {
        family("penstock_predictions_total", .counter, "Predictions made.") { family in
            for flow in flows {
                for model in flow.models {
                    family.sample(model.predicted, ["pipeline": flow.pipeline, "model": model.id])
                }
            }
        }
        family("penstock_not_predicted_total", .counter, "Accepted bars without a prediction, by reason.") { family in
            for flow in flows {
                for model in flow.models {
                    family.samples(model.notPredicted) {
                        ["pipeline": flow.pipeline, "model": model.id, "reason": $0]
                    }
                }
            }
        }
        family("penstock_predictions_flagged_total", .counter, "Predictions with a flag, by flag.") { family in
            for flow in flows {
                for model in flow.models {
                    family.samples(model.flagged) { ["pipeline": flow.pipeline, "model": model.id, "flag": $0] }
                }
            }
        }
    }

    private mutating func sinks(_ flows: [FlowSnapshot]) {
        sink("penstock_sink_offered_total", .counter, "Rows put before the sink's queue.", flows, \.offered)
        sink("penstock_sink_delivered_total", .counter, "Rows the sink took.", flows, \.delivered)
        sink(
            "penstock_sink_already_durable_total", .counter, "Rows not offered: durable since an earlier run.", flows,
            \.alreadyDurable)
        sink("penstock_sink_waiting", .gauge, "Rows in the queue or being written.", flows, \.waiting)
        reasons("penstock_sink_dropped_total", "Rows lost before the sink, by reason.", flows, \.dropped)
        reasons("penstock_sink_refused_total", "Rows the sink refused, by reason.", flows, \.refused)
    }

    private mutating func sink(
        _ name: String, _ kind: Kind, _ help: String, _ flows: [FlowSnapshot], _ count: KeyPath<FlowSnapshot.Sink, Int>
    ) {
        family(name, kind, help) { family in
            for flow in flows {
                for sink in flow.sinks {
                    family.sample(sink[keyPath: count], ["pipeline": flow.pipeline, "sink": sink.id])
                }
            }
        }
    }

    private mutating func reasons(
        _ name: String, _ help: String, _ flows: [FlowSnapshot], _ counts: KeyPath<FlowSnapshot.Sink, ReasonCounts>
    ) {
        family(name, .counter, help) { family in
            for flow in flows {
                for sink in flow.sinks {
                    family.samples(sink[keyPath: counts]) {
                        ["pipeline": flow.pipeline, "sink": sink.id, "reason": $0]
                    }
                }
            }
        }
    }
}

extension PrometheusWriter {
    /// Writes the state of each instance: one series with 1, so that a change of state ends the old series.
    mutating func instances(_ board: InstanceBoard) {
        let instances = board.all
        family("penstock_instance_faults_total", .counter, "How often an instance became degraded or failed.") {
            family in
            for instance in instances {
                family.sample(board.events(instance).faults, ["kind": instance.kind.rawValue, "id": instance.id])
            }
        }
        family("penstock_instance_restarts_total", .counter, "How often an instance's process was started again.") {
            family in
            for instance in instances where instance.kind.isPlugin {
                family.sample(board.events(instance).restarts, ["kind": instance.kind.rawValue, "id": instance.id])
            }
        }
        family("penstock_instance_state", .gauge, "1 for the state an instance is in.") { family in
            for instance in instances {
                family.sample(
                    1, ["kind": instance.kind.rawValue, "id": instance.id, "state": instance.state.rawValue])
            }
        }
    }

    /// Writes how each provider answers on request.
    mutating func providers(_ providers: [(id: String, standing: ProviderGate.Report)]) {
        family("penstock_provider_requests_total", .counter, "Requests to a provider, by outcome.") { family in
            for (id, standing) in providers {
                family.sample(standing.health.counts.answered, ["provider": id, "outcome": "answered"])
                family.sample(standing.health.counts.failed, ["provider": id, "outcome": "failed"])
            }
        }
        family("penstock_provider_health_ratio", .gauge, "How well a provider answered of late, 0 to 1.") { family in
            for (id, standing) in providers { family.sample(standing.health.value, ["provider": id]) }
        }
        family("penstock_provider_breaker_open", .gauge, "1 where a provider that failed is left alone.") { family in
            for (id, standing) in providers { family.sample(standing.breaker == .open ? 1 : 0, ["provider": id]) }
        }
        family("penstock_provider_requests_left", .gauge, "Requests that are left today, where 'limits' says so.") {
            family in
            for (id, standing) in providers {
                if let left = standing.left { family.sample(left, ["provider": id]) }
            }
        }
    }

    /// Writes what plugins report of themselves; their names are values of a label, bounded by the board.
    mutating func plugins(_ metrics: PluginMetrics) {
        family("penstock_plugin_value", .gauge, "The newest number a plugin reported, by its name for it.") { family in
            for sample in metrics.samples {
                family.sample(sample.value, ["instance": sample.instance, "name": sample.name])
            }
        }
        family("penstock_plugin_values_refused_total", .counter, "Numbers dropped: name not allowed, or too many.") {
            for (instance, count) in metrics.refused { $0.sample(count, ["instance": instance]) }
        }
    }

    /// Writes how each model stands.
    mutating func models(_ models: [ModelBoard.Entry]) {
        family("penstock_model_state", .gauge, "1 for the state a model is in.") { family in
            for model in models {
                family.sample(1, ["pipeline": model.pipeline, "model": model.model, "state": model.state])
            }
        }
        family("penstock_model_fit_progress_ratio", .gauge, "Progress of a model's fit, 0 to 1.") { family in
            for model in models { family.sample(model.progress, ["pipeline": model.pipeline, "model": model.model]) }
        }
    }

    /// Writes what the server counts.
    mutating func server(_ server: ServerCounters) {
        family("penstock_http_requests_total", .counter, "Requests answered, by route and status.") { family in
            for row in server.requests { family.sample(row.count, ["route": row.route, "status": "\(row.status)"]) }
        }
        family("penstock_http_request_duration_seconds", .histogram, "How long routes took, without what memory holds.")
        {
            family in
            for (route, spans) in server.spans.sorted(by: { $0.key < $1.key }) {
                family.sample(spans, [("route", route)])
            }
        }
        family("penstock_websocket_subscribers", .gauge, "Clients of a WebSocket channel.") { family in
            family.samples(server.subscribers) { ["channel": $0] }
        }
        family("penstock_websocket_frames_delivered_total", .counter, "Frames that reached a client's socket.") {
            $0.sample(server.framesDelivered)
        }
        family("penstock_websocket_frames_dropped_total", .counter, "Frames lost: a client did not keep up.") {
            $0.sample(server.framesDropped)
        }
        family(
            "penstock_websocket_frames_conflated_total", .counter,
            "Frames that gave way to a newer one of the same subject: a client asked for that."
        ) { $0.sample(server.framesConflated) }
    }

    /// Writes the figures every Prometheus client library gives of its process.
    mutating func process(_ process: ProcessFigures) {
        family("process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.") {
            $0.sample(process.residentBytes)
        }
        family("process_cpu_seconds_total", .counter, "Processor time the process used.") {
            $0.sample(process.cpuSeconds)
        }
        family("process_open_fds", .gauge, "Open file descriptors.") { $0.sample(process.openFileDescriptors) }
        family("process_threads", .gauge, "Threads of the process.") { $0.sample(process.threads) }
    }
}

extension PrometheusWriter.Family {
    /// Adds one sample a name, in order of the names.
    fileprivate mutating func samples(
        _ counts: some Sequence<(key: String, value: Int)>, _ labels: (String) -> KeyValuePairs<String, String>
    ) {
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { sample(count, labels(name)) }
    }
}
