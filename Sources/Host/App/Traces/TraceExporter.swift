import CivilTime
import Glibc
import HTTPFetch
import HostCore
import HostManifest
import HostTelemetry
import PluginKit
import ProtobufReading
import ServiceLifecycle

/// Sends what was seen of followed deliveries to a collector of OpenTelemetry, by OTLP over HTTP in protocol buffers.
///
/// Nothing in the pipeline waits for it. A collector that answers 429, 502, 503 or 504, or not at all, is asked again five times,
/// later each time; then those spans are given up, and counted. What waits at a stop is sent once more.
final class TraceExporter: Service {
    private static let interval = Duration.seconds(1)
    private static let most = 512
    private static let tries = 5

    /// Follows deliveries for the exporter.
    let tracer: DeliveryTracer
    private let buffer: TraceBuffer
    private let message: TraceMessage
    private let address: HTTPAddress
    private let headers: [HTTPRequest.Header]
    private let client: HTTPClient
    private let isEnding = StopSignal()
    private let report: @Sendable (HostEvent) -> Void
    private let isFailing = Guarded(false)

    /// Creates an exporter to the collector of a manifest; throws `.configuration` where its address is none.
    init(
        _ settings: TraceSettings, instruments: InstrumentTable,
        report: @escaping @Sendable (HostEvent) -> Void
    ) throws(PluginError) {
        guard let base = HTTPAddress(settings.endpoint) else {
            throw PluginError(
                .configuration,
                "host: 'traces.endpoint' is \(PluginError.quoted(settings.endpoint)), which is no address; allowed http://HOST:PORT "
                    + "or https://HOST:PORT, to which /v1/traces is added.")
        }
        let buffer = TraceBuffer()
        self.buffer = buffer
        tracer = DeliveryTracer(every: settings.every, now: { WallClock.now() }, emit: { buffer.add($0) })
        message = TraceMessage(version: PenstockVersion.current, host: Self.hostName, instruments: instruments)
        address = base.path("v1", "traces")
        headers =
            [HTTPRequest.Header("Content-Type", "application/x-protobuf")]
            + settings.headers.sorted { $0.key < $1.key }.map { HTTPRequest.Header($0.key, $0.value.reveal()) }
        client = try HTTPClient(
            HTTPOptions(connectTimeout: .seconds(2), timeout: .seconds(5), maximumBytes: 1 << 20), owner: "traces",
            secrets: Array(settings.headers.values))
        self.report = report
    }

    /// How many spans had each outcome.
    var counts: [String: Int] { buffer.counts }

    /// Sends once a second until the host stops, then what is left.
    func run() async throws {
        await withGracefulShutdownHandler {
            while await !isEnding.wait(atMost: Self.interval, clock: ContinuousClock()), !Task.isCancelled {
                await sendAll()
            }
        } onGracefulShutdown: { [isEnding] in
            isEnding.fire()
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sendAll() }
            group.addTask { try? await ContinuousClock().sleep(for: .seconds(2)) }
            await group.next()
            group.cancelAll()
        }
        client.stop()
    }

    private func sendAll() async {
        while !Task.isCancelled {
            let spans = buffer.take(Self.most)
            guard !spans.isEmpty else { return }
            await send(spans)
        }
    }

    private func send(_ spans: [TraceSpan]) async {
        let request = HTTPRequest(post: address, headers: headers, body: message.bytes(spans))
        for attempt in 1...Self.tries {
            let (outcome, reason, wait) = await post(request, spans.count)
            guard outcome == .failed else { return note(outcome, reason, spans.count) }
            note(outcome, reason, 0)
            let isLast = attempt == Self.tries || Task.isCancelled || isEnding.isFired
            guard !isLast else { break }
            let pause = min(wait ?? .seconds(1 << (attempt - 1)), .seconds(30))
            _ = await isEnding.wait(atMost: pause, clock: ContinuousClock())
        }
        buffer.note(.failed, spans.count)
    }

    /// Asks the collector once; says why it did not take the spans, and when it wants to be asked again.
    private func post(
        _ request: HTTPRequest, _ count: Int
    ) async -> (outcome: TraceBuffer.Outcome, reason: String, wait: Duration?) {
        do throws(PluginError) {
            let response = try await client.fetch(request)
            switch response.status {
            case 200..<300:
                let refused = min(count, Self.rejected(response.body))
                buffer.note(.refused, refused)
                buffer.note(.exported, count - refused)
                return (.exported, "", nil)
            case 429, 502, 503, 504:
                return (.failed, "\(response.place) answered \(response.status)", response.retryAfter())
            default: return (.refused, "\(response.place) answered \(response.status)", nil)
            }
        } catch {
            return (.failed, error.message, nil)
        }
    }

    /// Counts what the collector did not take, and says once that it does not, and once that it does again.
    private func note(_ outcome: TraceBuffer.Outcome, _ reason: String, _ count: Int) {
        let isGood = outcome == .exported
        if !isGood { buffer.note(outcome, count) }
        let wasFailing = isFailing.value
        isFailing.change { $0 = !isGood }
        guard wasFailing == isGood else { return }
        report(
            isGood
                ? .notice("traces: \(address.shown) takes spans again.")
                : .warning(
                    "traces: the collector does not take spans: \(reason). Nothing else waits for it; "
                        + "penstock_trace_spans_total counts them. Check 'host.traces.endpoint'."))
    }

    /// Spans of a message that was taken in part: `partial_success.rejected_spans`.
    private static func rejected(_ body: [UInt8]) -> Int {
        var message = ProtobufReader(body[...])
        while let field = try? message.next() {
            guard field.number == 1, case .bytes(let inner) = field.value else { continue }
            var partial = ProtobufReader(inner)
            while let field = try? partial.next() {
                if field.number == 1, case .varint(let count) = field.value { return Int(clamping: count) }
            }
        }
        return 0
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
