import Foundation
import ParquetFile
import PluginKit
import PluginKitTesting
import TestSupport

/// Sinks that write to a server: each is run against a real one, and each folder has a place of its own there.
extension Samples {
    /// The option that says where in its server a sink writes.
    static let places = ["sink/kafka": "topic", "sink/postgres": "schema", "sink/redis": "prefix"]

    /// Why a plugin cannot be run here; nil where it can.
    static func missingServer(for id: String) -> String? {
        switch id {
        case "provider/kafka", "sink/kafka": KafkaServer.isUsable ? nil : KafkaServer.missing
        case "sink/redis": RedisServer.isThere ? nil : RedisServer.missing
        case "sink/postgres": PostgresServer.programs == nil ? PostgresServer.missing : nil
        case "sink/email": MailReceiver.python == nil ? MailReceiver.absence : nil
        default: nil
        }
    }

    /// The plugin, with an option that names a place after the folder of the instance.
    static func placed(_ plugin: PluginType, by option: String) -> PluginType {
        guard case .sink(let make) = plugin.maker else { return plugin }
        return PluginType(
            descriptor: plugin.descriptor, tier: plugin.tier, typeName: plugin.typeName,
            maker: .sink { (configuration, context) throws(PluginError) in
                var values = configuration.values
                values[option] = .text(place(context.baseDirectory))
                return try make(Configuration(instance: configuration.instance, values: values), context)
            }, validate: { plugin.validate($0) })
    }

    /// A name of a place, made from the folder of an instance.
    static func place(_ folder: String) -> String { "place\(folder.split(separator: "/").last ?? "")" }

    static func postgres(_ sample: inout ConformanceSample) throws {
        let server = try PostgresServer()
        sample.values = server.options
        sample.unavailable = ["port": .integer(1)]
        sample.isIdempotent = true
        sample.keptCloses = { outside in
            let rows = server.query("SELECT close FROM \(place(outside.folder)).bars ORDER BY time") ?? []
            return rows.map { Double($0) ?? .nan }
        }
    }

    /// A broker without replicas to wait for; what is kept is what a reader of the topic gets.
    static func kafka(_ sample: inout ConformanceSample) throws {
        let server = try KafkaServer()
        sample.values = server.options
        sample.unavailable = ["brokers": .list([.text("127.0.0.1:1")])]
        sample.isIdempotent = false
        sample.keptCloses = { outside in
            try server.messages(of: place(outside.folder), "%s").map { try close(ofJSON: $0) ?? .nan }
        }
    }

    static func redis(_ sample: inout ConformanceSample) throws {
        let server = try RedisServer()
        sample.values = server.options.merging(["streams": .boolean(true)]) { _, new in new }
        sample.unavailable = ["port": .integer(1)]
        sample.isIdempotent = false
        sample.keptCloses = { outside in
            try server.ask("XRANGE", "\(place(outside.folder)):stream:bars", "-", "+").filter { $0.hasPrefix("{") }
                .map { try close(ofJSON: $0) ?? .nan }
        }
    }

    static func webhook(_ sample: inout ConformanceSample) throws {
        let server = try ReplayServer(.any(.init("ok")))
        keep(server, in: &sample)
        sample.values = ["url": .secret(Secret("\(server.url)/hook"))]
        sample.unavailable = ["url": .secret(Secret("http://127.0.0.1:1/hook"))]
        sample.isIdempotent = false
    }

    static func email(_ sample: inout ConformanceSample) throws {
        let server = try MailReceiver()
        keep(server, in: &sample)
        sample.values = [
            "host": .text("127.0.0.1"), "port": .integer(server.port), "encryption": .text("none"),
            "sender": .text("host@penstock.test"), "receivers": .list([.text("desk@penstock.test")]),
        ]
        sample.unavailable = sample.values.merging(["port": .integer(1)]) { _, new in new }
        sample.isIdempotent = false
    }

    /// A server lives as long as the sample does.
    static func keep(_ server: some AnyObject & Sendable, in sample: inout ConformanceSample) {
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
    }

    @Sendable static func closesOfParquet(_ outside: ConformanceSample.Outside) throws -> [Double] {
        let folder = "\(outside.folder)/out/bars"
        let files = (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
        return try files.filter { $0.hasSuffix(".parquet") }.flatMap { file -> [Double] in
            let bytes = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
            guard case .numbers(let closes) = try ParquetTable(reading: Array(bytes))["close"] else { return [] }
            return closes
        }
    }
}
