import HostCore

extension Metric {
    /// Every metric, in the order they are written.
    package static let all = read + [omitted]

    /// Every metric that is read from the host.
    static let read: [Metric] = [
        host, events, freshness, sections, inputs, predictions, outcomes, sinks, risk, calls, instances, providers,
        models,
        plugins, server, process,
    ].flatMap { $0 }

    /// What the bounds of the others left out; written last.
    static let omitted = Metric(
        "penstock_metric_series_omitted", .gauge, "Series that are left out here: more than the metric's bound.", .host,
        [.metric]
    ) { _, _ in }
}

extension Metric {
    private static let host: [Metric] = [
        Metric("penstock_build_info", .gauge, "Always 1; the version is the label.", .host, [.version]) {
            $1.add(1, $0.view.version)
        },
        Metric("penstock_uptime_seconds", .gauge, "Time since the process started.", .host) {
            $1.add(Double(max(0, $0.now - $0.view.startedAt)) / 1e9)
        },
        Metric("penstock_instruments", .gauge, "Instruments that have an event.", .host) {
            $1.add($0.view.latest.instruments.count)
        },
        Metric("penstock_available", .gauge, "Whether /health answers 200: 1, or 0.", .host) { source, samples in
            if let server = source.server { samples.add(server.isAvailable ? 1 : 0) }
        },
        Metric(
            "penstock_unavailable_seconds_total", .counter, "Time since the start in which /health did not answer 200.",
            .host
        ) { source, samples in
            if let server = source.server { samples.add(server.unavailableSeconds) }
        },
        figure("penstock_state_bytes", .gauge, "Size of the state database with its log.") { $1.add($0.stateBytes) },
        figure("penstock_state_removed_total", .counter, "Rows removed by host.retain, by kind.", [.what]) {
            $1.add($0.removed)
        },
        figure(
            "penstock_trace_spans_total", .counter, "Spans of followed deliveries, by what became of them.", [.fate]
        ) {
            if let spans = $0.spans { $1.add(spans) }
        },
        reload("penstock_last_reload_success", "Whether the last reload took effect.") { $0.isGood ? 1 : 0 },
        reload("penstock_last_reload_timestamp_seconds", "When the last reload ended, since the Unix epoch.") {
            Double($0.time) / 1e9
        },
    ]

    private static let instances: [Metric] = [
        Metric(
            "penstock_instance_faults_total", .counter, "How often an instance became degraded or failed.", .plugins,
            [.kind, .id]
        ) { source, samples in
            for one in source.instances { samples.add(source.view.board.events(one).faults, one.kind.rawValue, one.id) }
        },
        Metric(
            "penstock_instance_restarts_total", .counter, "How often an instance's process was started again.",
            .plugins,
            [.kind, .id]
        ) { source, samples in
            for one in source.instances where one.kind.isPlugin {
                samples.add(source.view.board.events(one).restarts, one.kind.rawValue, one.id)
            }
        },
        // One series with 1, so that a change of state ends the old series.
        Metric(
            "penstock_instance_state", .gauge, "1 for the state an instance is in.", .plugins, [.kind, .id, .state]
        ) { source, samples in
            for one in source.instances { samples.add(1, one.kind.rawValue, one.id, one.state.rawValue) }
        },
    ]

    private static let providers: [Metric] = [
        Metric(
            "penstock_provider_requests_total", .counter, "Requests to a provider, by outcome.", .providers,
            [.provider, .outcome]
        ) { source, samples in
            for (id, standing) in source.providers {
                samples.add(standing.health.counts.answered, id, "answered")
                samples.add(standing.health.counts.failed, id, "failed")
            }
        },
        provider("penstock_provider_health_ratio", "How well a provider answered of late, 0 to 1.") { $0.health.value },
        provider("penstock_provider_breaker_open", "1 where a provider that failed is left alone.") {
            $0.breaker == .open ? 1 : 0
        },
        provider("penstock_provider_requests_left", "Requests that are left today, where 'limits' says so.") {
            $0.left.map(Double.init)
        },
    ]

    // Names that plugins give are values of a label, bounded by the board.
    private static let plugins: [Metric] = [
        Metric(
            "penstock_plugin_value", .gauge, "The newest number a plugin reported, by its name for it.", .plugins,
            [.plugin, .figure]
        ) { source, samples in
            for sample in source.view.pluginMetrics.samples { samples.add(sample.value, sample.instance, sample.name) }
        },
        Metric(
            "penstock_plugin_values_refused_total", .counter, "Numbers dropped: name not allowed, or too many.",
            .plugins,
            [.plugin]
        ) { source, samples in
            for (instance, count) in source.view.pluginMetrics.refused { samples.add(count, instance) }
        },
    ]

    private static let models: [Metric] = [
        Metric(
            "penstock_model_state", .gauge, "1 for the state a model is in.", .models, [.pipeline, .model, .state]
        ) { source, samples in
            for model in source.view.models.all { samples.add(1, model.pipeline, model.model, model.state) }
        },
        Metric(
            "penstock_model_fit_progress_ratio", .gauge, "Progress of a model's fit, 0 to 1.", .models,
            [.pipeline, .model]
        ) { source, samples in
            for model in source.view.models.all { samples.add(model.progress, model.pipeline, model.model) }
        },
        Metric(
            "penstock_model_figure", .gauge,
            "What the serving fit found: weights of an ensemble's members, out-of-bag error, rounds kept.", .models,
            [.pipeline, .model, .found]
        ) { source, samples in
            for model in source.view.models.all {
                for (figure, value) in model.figures.sorted(by: { $0.key < $1.key }) {
                    samples.add(value, model.pipeline, model.model, figure)
                }
            }
        },
    ]

    private static func figure(
        _ name: String, _ kind: Kind, _ help: String, _ labels: [Label] = [],
        _ body: @escaping @Sendable (HostFigures, inout MetricSamples) -> Void
    ) -> Metric {
        Metric(name, kind, help, .host, labels) { source, samples in
            if let figures = source.figures { body(figures, &samples) }
        }
    }

    private static func reload(
        _ name: String, _ help: String, _ value: @escaping @Sendable (HostFigures.Reload) -> Double
    ) -> Metric {
        Metric(name, .gauge, help, .host) { source, samples in
            if let reload = source.figures?.reload { samples.add(value(reload)) }
        }
    }

    private static func provider(
        _ name: String, _ help: String, _ value: @escaping @Sendable (ProviderGate.Report) -> Double?
    ) -> Metric {
        Metric(name, .gauge, help, .providers, [.provider]) { source, samples in
            for (id, standing) in source.providers {
                if let value = value(standing) { samples.add(value, id) }
            }
        }
    }
}
