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
        family("penstock_ingest_waiting", .gauge, "Rows waiting between provider and pipeline.") { family in
            for flow in flows { family.sample(flow.ingestWaiting, ["pipeline": flow.pipeline]) }
        }
        family("penstock_alerts_total", .counter, "Alerts the risk stage raised, by rule.") { family in
            for flow in flows { family.samples(flow.alerts) { ["pipeline": flow.pipeline, "rule": $0] } }
        }
        predictions(flows)
        sinks(flows)
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
        _ name: String, _ help: String, _ flows: [FlowSnapshot], _ counts: KeyPath<FlowSnapshot.Sink, [String: Int]>
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
    mutating func instances(_ instances: [InstanceStatus]) {
        family("penstock_instance_state", .gauge, "1 for the state an instance is in.") { family in
            for instance in instances {
                family.sample(
                    1, ["kind": instance.kind.rawValue, "id": instance.id, "state": instance.state.rawValue])
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
            for model in models { family.sample(1, ["model": model.model, "state": model.state]) }
        }
        family("penstock_model_fit_progress_ratio", .gauge, "Progress of a model's fit, 0 to 1.") { family in
            for model in models { family.sample(model.progress, ["model": model.model]) }
        }
    }

    /// Writes what the server counts.
    mutating func server(_ server: ServerCounters) {
        family("penstock_http_requests_total", .counter, "Requests answered, by route and status.") { family in
            for row in server.requests { family.sample(row.count, ["route": row.route, "status": "\(row.status)"]) }
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
        _ counts: [String: Int], _ labels: (String) -> KeyValuePairs<String, String>
    ) {
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { sample(count, labels(name)) }
    }
}
