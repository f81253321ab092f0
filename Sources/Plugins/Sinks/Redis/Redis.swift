import CallQueue
public import PluginKit
import Synchronization

/// Keeps the newest record of each instrument in Redis, and on request all of them in streams.
///
/// - Takes: all kinds.
/// - Time: event time in UTC, ISO 8601, in the object.
/// - Limits: one server, RESP2, no TLS; many commands at once.
/// - Needs: Redis 5 or newer, or what speaks its protocol.
/// - Source: <https://redis.io/docs/latest/commands/>.
public final class Redis: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "redis", summary: "Keeps the newest record of each instrument in Redis, and all in streams.",
        schema: ConfigurationSchema([
            .text("host", default: "localhost", "The server's name or address."),
            .integer("port", 1...65_535, default: 6_379, "The server's port."),
            .integer("database", 0...1_000_000, default: 0, "The number of the database."),
            .text("user", "The user, where the server has several."),
            .secret("password", "The password, where the server asks for one."),
            .text("prefix", default: "penstock", "What every key begins with."),
            .duration(
                "expire", .seconds(0)...(.seconds(366 * 86_400)), default: .seconds(0),
                "After how long the newest record goes; 0s for never."),
            .boolean(
                "streams", default: false, "Whether every record is added to a stream a kind, `<prefix>:stream:<kind>`."
            ),
            .integer(
                "stream_length", 1...1_000_000_000, default: 1_000_000, unit: "records",
                "About how many records a stream keeps; the oldest go."),
            .duration(
                "timeout", .seconds(1)...(.seconds(50)), default: .seconds(10),
                "How long connecting and writing may take together, before both are tried again."),
        ]), accepts: Set(RecordKind.allCases))

    private struct Pending {
        var encoder: RedisEncoder
        var batches = KeptBatches<RedisBatch>()
        var isStopped = false
    }

    private struct Outside {
        var connection: RedisConnection?
        var plan: RedisPlan
    }

    private let faults: RedisFaults
    private let address: (host: String, port: Int)
    private let greeting: [[[UInt8]]]
    private let timeout: Duration
    private let prefix: String
    private let calls: CallQueue
    private let context: PluginContext
    private let pending: Mutex<Pending>
    private let outside: Mutex<Outside>

    /// Returns a fault for a user without a password, and for a prefix that is empty.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if configuration.has("user"), !configuration.has("password") {
            faults.append(ConfigurationFault(option: "user", "it needs 'password'. Set it, or remove 'user'."))
        }
        for name in ["host", "prefix"] where configuration.values[name] == .text("") {
            faults.append(ConfigurationFault(option: name, "it is empty. Set it, or remove it for the default."))
        }
        return faults
    }

    /// Builds an instance; nothing is connected yet.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        address = (try configuration.text("host"), try configuration.integer("port"))
        faults = RedisFaults(who: configuration.instance, place: "\(address.host):\(address.port)")
        greeting = try Self.greeting(configuration)
        timeout = try configuration.duration("timeout")
        prefix = try configuration.text("prefix")
        calls = CallQueue(configuration.instance)
        self.context = context
        pending = Mutex(Pending(encoder: RedisEncoder(prefix: prefix, instruments: context.instruments)))
        let seconds = Int((try configuration.duration("expire") / Duration.seconds(1)).rounded(.up))
        outside = Mutex(
            Outside(
                plan: RedisPlan(
                    streamPrefix: try configuration.boolean("streams") ? Array("\(prefix):stream:".utf8) : nil,
                    streamLength: try configuration.integer("stream_length"), expire: seconds)))
    }

    /// What a connection begins with: who it is, and which database it means.
    private static func greeting(_ configuration: Configuration) throws(PluginError) -> [[[UInt8]]] {
        var commands: [[[UInt8]]] = []
        if configuration.has("password") {
            let user = configuration.has("user") ? [Array(try configuration.text("user").utf8)] : []
            commands.append([Array("AUTH".utf8)] + user + [Array(try configuration.secret("password").reveal().utf8)])
        }
        commands.append([Array("SELECT".utf8), Array("\(try configuration.integer("database"))".utf8)])
        return commands
    }

    /// Connects; throws where the server refuses the user. That it does not answer yet is logged.
    public func probe() async throws(PluginError) {
        try await context.allowingLateStart { () throws(PluginError) in
            try await calls.run(within: timeout) { (limit) throws(PluginError) in
                try self.outside.withLock { (outside) throws(PluginError) in _ = try self.connected(&outside, limit) }
            }
        }
    }

    /// Takes rows for the next flush; none is refused.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard batch.count > 0 else { return .accepted }
        return try pending.withLock { (pending) throws(PluginError) in
            guard !pending.isStopped else {
                throw PluginError(.cancelled, "\(faults.who): it was stopped; make it anew to write.")
            }
            pending.batches.add(pending.encoder.encode(batch))
            return .accepted
        }
    }

    /// Returns when the server has answered for everything that was taken.
    public func flush() async throws(PluginError) { try await flush(within: timeout) }

    /// Whether the database has no key at all.
    public var isEmpty: Bool {
        get async {
            // A server that cannot be asked is no empty one; the first flush says what is wrong with it.
            (try? await calls.run(within: timeout) { (limit) throws(PluginError) in
                try self.outside.withLock { (outside) throws(PluginError) in
                    try self.connected(&outside, limit).number([Array("DBSIZE".utf8)], limit) == 0
                }
            }) ?? false
        }
    }

    /// Writes what was taken, where that takes less than a second, and disconnects.
    public func stop() async {
        pending.withLock { $0.isStopped = true }
        // The host flushes before it stops: a call that still runs is one that does not end.
        calls.cancel()
        try? await flush(within: .milliseconds(900))
        try? await calls.run(within: .seconds(1)) { _ in self.outside.withLock { $0.connection = nil } }
    }

    private func flush(within time: Duration) async throws(PluginError) {
        guard pending.withLock({ !$0.batches.waiting.isEmpty }) else { return }
        try await calls.run(within: time) { (limit) throws(PluginError) in
            let batches = self.pending.withLock { $0.batches.waiting }
            do throws(PluginError) {
                try self.outside.withLock { (outside) throws(PluginError) in try self.store(batches, &outside, limit) }
            } catch {
                self.pending.withLock { $0.batches.noteFailure() }
                throw error
            }
            self.pending.withLock { $0.batches.confirm(batches.count) }
        }
    }

    private func store(_ batches: [RedisBatch], _ outside: inout Outside, _ limit: CallLimit) throws(PluginError) {
        let (commands, times) = outside.plan.commands(batches)
        do throws(PluginError) { try connected(&outside, limit).run(commands, limit) } catch {
            outside.connection = nil
            throw error
        }
        outside.plan.note(times)
    }

    private func connected(_ outside: inout Outside, _ limit: CallLimit) throws(PluginError) -> RedisConnection {
        if let connection = outside.connection { return connection }
        let made = try RedisConnection(address.host, address.port, faults, limit)
        var commands = RedisCommands()
        for command in greeting { commands.append(command) }
        try made.run(commands, limit)
        outside.connection = made
        return made
    }
}
