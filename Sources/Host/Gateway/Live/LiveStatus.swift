import CivilTime
import HostCore
import HostWebSocket
import JSONWriting
import NIOCore
import PluginKit
import ServiceLifecycle

/// Publishes the counters once a second where they changed, and wakes streams that have nothing to send for a heartbeat.
struct LiveStatus {
    let view: HostView
    let hub: ChannelHub

    /// How long a stream is silent at most.
    static let heartbeat = 15

    /// Publishes until cancelled or gracefully stopped.
    func run() async {
        var (told, second) = ([UInt8](), 0)
        let seconds = AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(1)) })
        for await _ in seconds.cancelOnGracefulShutdown() {
            second += 1
            if second % Self.heartbeat == 0 { hub.wake() }
            let now = counters()
            if now == told { continue }
            told = now
            var json = JSONText(capacity: now.count + 64)
            json.object { json in
                json.field("kind", "metrics")
                json.field("time", time: WallClock.now())
                json.key("counters")
                json.raw(now)
            }
            hub.publish(LiveChannels.metrics, ByteBuffer(bytes: json.bytes))
        }
    }

    private func counters() -> [UInt8] {
        var json = JSONText(capacity: 4096)
        json.object { $0.append(pipelines: view.counters()) }
        return json.bytes
    }
}
