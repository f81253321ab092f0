package import HostCore
import PluginKit

/// Writes spans as OpenTelemetry's protocol has them: the body of a `POST /v1/traces` in protocol buffers.
///
/// A trace is a followed delivery. Its root is the provider's answer, below it stands what each partition did with its share, and
/// below that every step. Ids follow from the delivery, so that no step needs to be handed its parent's.
///
/// Source: opentelemetry-proto 1.x, trace/v1/trace.proto and collector/trace/v1/trace_service.proto.
package struct TraceMessage: Sendable {
    /// What is said of the host: `service.name` and the like.
    private let resource: [(name: String, value: String)]
    private let version: String
    private let instruments: InstrumentTable
    /// Tells the traces of this run from those of others.
    private let seed: UInt64

    /// Creates a writer of a run of the host.
    package init(version: String, host: String, instruments: InstrumentTable, seed: UInt64 = .random(in: 1...(.max))) {
        resource = [("service.name", "penstock"), ("service.version", version), ("host.name", host)]
        self.version = version
        self.instruments = instruments
        self.seed = seed
    }

    /// Returns the message of some spans.
    package func bytes(_ spans: some Sequence<TraceSpan>) -> [UInt8] {
        var request = ProtobufWriter()
        request.message(1) { resourceSpans in
            resourceSpans.message(1) { resource in
                for (name, value) in self.resource { Self.attribute(1, name, value, in: &resource) }
            }
            resourceSpans.message(2) { scopeSpans in
                scopeSpans.message(1) { scope in
                    scope.text(1, "penstock")
                    scope.text(2, version)
                }
                for span in spans { scopeSpans.message(2) { write(span, to: &$0) } }
            }
        }
        return request.bytes
    }

    private func write(_ span: TraceSpan, to message: inout ProtobufWriter) {
        let root = id(span, 0)
        message.data(1, Self.bytes(id(span, 1)) + Self.bytes(id(span, 2)))
        switch span.step {
        case .provider: message.data(2, Self.bytes(root))
        case .delivery:
            message.data(2, Self.bytes(id(span, 3)))
            message.data(4, Self.bytes(root))
        default:
            message.data(2, Self.bytes(.random(in: 1...(.max))))
            message.data(4, Self.bytes(id(span, 3)))
        }
        message.text(5, Self.name(span))
        message.varint(6, Self.kind(span.step))
        message.fixed64(7, UInt64(max(0, span.start)))
        message.fixed64(8, UInt64(max(0, span.end)))
        Self.attribute(9, "penstock.pipeline", span.pipeline, in: &message)
        Self.attribute(9, "penstock.delivery", span.sequence, in: &message)
        if let partition = span.partition { Self.attribute(9, "penstock.partition", UInt64(partition), in: &message) }
        if let rows = span.rows { Self.attribute(9, "penstock.rows", UInt64(rows), in: &message) }
        if let instrument = span.instrument {
            Self.attribute(9, "penstock.instrument", instruments.instrument(instrument).description, in: &message)
        }
        if let fault = span.fault {
            message.message(15) { status in
                status.text(2, fault)
                status.varint(3, 2)
            }
        }
    }

    /// Few of them, as collectors want it: what is done, by which instance.
    private static func name(_ span: TraceSpan) -> String {
        switch span.step {
        case .write: "sink \(span.id) write"
        case .flush: "sink \(span.id) flush"
        default: span.id.isEmpty ? span.step.rawValue : "\(span.step.rawValue) \(span.id)"
        }
    }

    /// INTERNAL 1, CLIENT 3, PRODUCER 4.
    private static func kind(_ step: TraceSpan.Step) -> UInt64 {
        switch step {
        case .provider, .store: 3
        case .write, .flush: 4
        default: 1
        }
    }

    /// One of a delivery's ids: 0 is the root span's, 1 and 2 the trace's, 3 that of the span's partition. Never 0, which means none.
    private func id(_ span: TraceSpan, _ which: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in span.pipeline.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let partition = which == 3 ? UInt64(span.partition ?? 0) : 0
        return max(1, Self.mixed(seed ^ Self.mixed(hash ^ Self.mixed(span.sequence &* 8 + which) &+ partition)))
    }

    /// SplitMix64's finish: every bit depends on every bit.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private static func bytes(_ id: UInt64) -> [UInt8] {
        (0..<8).reversed().map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
    }

    private static func attribute(_ field: Int, _ name: String, _ value: String, in message: inout ProtobufWriter) {
        message.message(field) { pair in
            pair.text(1, name)
            pair.message(2) { $0.text(1, value) }
        }
    }

    private static func attribute(_ field: Int, _ name: String, _ value: UInt64, in message: inout ProtobufWriter) {
        message.message(field) { pair in
            pair.text(1, name)
            pair.message(2) { $0.varint(3, value) }
        }
    }
}
