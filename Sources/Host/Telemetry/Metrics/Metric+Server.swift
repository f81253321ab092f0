import HostCore

extension Metric {
    static let server: [Metric] = [
        server(
            "penstock_http_requests_total", .counter, "Requests answered, by route and status.", [.route, .status]
        ) { server, samples in
            for row in server.requests { samples.add(row.count, row.route, "\(row.status)") }
        },
        server(
            "penstock_http_request_duration_seconds", .histogram, "How long routes took, without what memory holds.",
            [.route]
        ) { server, samples in
            for (route, spans) in server.spans.sorted(by: { $0.key < $1.key }) { samples.add(spans, route) }
        },
        server("penstock_websocket_subscribers", .gauge, "Clients of a WebSocket channel.", [.channel]) {
            $1.add($0.subscribers)
        },
        server("penstock_websocket_connections_total", .counter, "Connections of WebSocket clients that were opened.") {
            $1.add($0.connections)
        },
        server(
            "penstock_websocket_connections_dropped_total", .counter,
            "Connections that ended and that no side had closed, by reason.", [.cause]
        ) { $1.add($0.connectionsDropped) },
        server("penstock_websocket_frames_delivered_total", .counter, "Frames that reached a client's socket.") {
            $1.add($0.framesDelivered)
        },
        server("penstock_websocket_frames_dropped_total", .counter, "Frames lost: a client did not keep up.") {
            $1.add($0.framesDropped)
        },
        server(
            "penstock_websocket_frames_conflated_total", .counter,
            "Frames that gave way to a newer one of the same subject: a client asked for that."
        ) { $1.add($0.framesConflated) },
    ]

    /// The figures every Prometheus client library gives of its process.
    static let process: [Metric] = [
        process("process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.") {
            Double($0.residentBytes)
        },
        process("process_cpu_seconds_total", .counter, "Processor time the process used.") { $0.cpuSeconds },
        process("process_open_fds", .gauge, "Open file descriptors.") { Double($0.openFileDescriptors) },
        process("process_max_fds", .gauge, "File descriptors that may be open.") { Double($0.maxFileDescriptors) },
        process("process_threads", .gauge, "Threads of the process.") { Double($0.threads) },
    ]

    private static func server(
        _ name: String, _ kind: Kind, _ help: String, _ labels: [Label] = [],
        _ body: @escaping @Sendable (ServerCounters, inout MetricSamples) -> Void
    ) -> Metric {
        Metric(name, kind, help, .server, labels) { source, samples in
            if let server = source.server { body(server, &samples) }
        }
    }

    private static func process(
        _ name: String, _ kind: Kind, _ help: String, _ value: @escaping @Sendable (ProcessFigures) -> Double
    ) -> Metric {
        Metric(name, kind, help, .process) { source, samples in
            if let process = source.process { samples.add(value(process)) }
        }
    }
}
