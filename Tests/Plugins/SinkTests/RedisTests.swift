import PluginKit
import RedisSink
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: RedisServer.isThere, "\(RedisServer.missing)")) struct RedisTests {
    let folder: TemporaryFolder
    let server: RedisServer
    private static let shared = Result { try RedisServer() }

    init() throws {
        folder = try TemporaryFolder()
        server = try Self.shared.get()
        server.ask("FLUSHALL")
    }

    private func sink(_ more: [String: ConfigurationValue] = [:], on other: RedisServer? = nil) throws -> Redis {
        let values = (other ?? server).options.merging(more) { _, new in new }
        #expect(Redis.validate(options(Redis.self, values)).isEmpty)
        return try Redis(options(Redis.self, values), context: Recorder().context(in: folder))
    }

    @Test func theNewestOfEachInstrumentIsThere() async throws {
        let sink = try sink(["expire": .duration(.seconds(60))])
        try await sink.probe()
        #expect(await sink.isEmpty)
        _ = try await sink.write(batch(.bars(makeBars(0..<30) + makeBars(0..<5, maotai))))
        _ = try await sink.write(batch(.predictions(makePredictions(0..<3))))
        _ = try await sink.write(batch(.predictions(makePredictions(0..<2, model: "b"))))
        _ = try await sink.write(batch(.features(makeFeatures(0..<4))))
        _ = try await sink.write(batch(.status([status])))
        try await sink.flush()
        #expect(
            server.ask("KEYS", "*").sorted() == [
                "penstock:bars:main:600519.SH", "penstock:bars:main:AAPL.US", "penstock:features:main:AAPL.US",
                "penstock:predictions:main:AAPL.US:b", "penstock:predictions:main:AAPL.US:next_day",
                "penstock:status:main:provider/yahoo",
            ])
        let bar = server.ask("GET", "penstock:bars:main:AAPL.US").first ?? ""
        #expect(
            bar.hasPrefix(
                #"{"kind":"bars","pipeline":"main","source":"history","instrument":"AAPL.US","time":"2013-03-30T21:00:00Z""#
            ))
        let left = server.ask("TTL", "penstock:bars:main:AAPL.US").first.flatMap { Int($0) } ?? 0
        #expect((1...60).contains(left) && server.ask("EXISTS", "penstock:stream:bars") == ["0"])
        await sink.stop()
        await sink.stop()
        #expect(await fault { _ = try await sink.write(batch(.status([status]))) }?.code == .cancelled)
    }

    @Test func anOlderRowOrRevisionReplacesNothing() async throws {
        let sink = try sink()
        var revised = makeBars(0..<1)
        revised[0].flags = .revised
        _ = try await sink.write(batch(.bars(revised)))
        try await sink.flush()
        #expect(server.ask("DBSIZE") == ["0"])
        _ = try await sink.write(batch(.bars(makeBars(5..<9))))
        try await sink.flush()
        _ = try await sink.write(batch(.bars(revised)))
        _ = try await sink.write(batch(.bars(makeBars(8..<9, shift: 1)), source: "another"))
        try await sink.flush()
        let bar = server.ask("GET", "penstock:bars:main:AAPL.US").first ?? ""
        #expect(bar.contains("2013-03-09T") && bar.contains("another"))
        await sink.stop()
    }

    @Test func streamsHaveEveryRecordInOrder() async throws {
        let sink = try sink(["streams": .boolean(true), "prefix": .text("p"), "stream_length": .integer(2_000)])
        for start in 0..<20 {
            _ = try await sink.write(batch(.bars(makeBars(start * 500..<start * 500 + 500)), sequence: UInt64(start)))
        }
        try await sink.flush()
        let kept = Int(server.ask("XLEN", "p:stream:bars").first ?? "") ?? 0
        #expect((2_000..<2_500).contains(kept))
        let last = server.ask("XREVRANGE", "p:stream:bars", "+", "-", "COUNT", "2").filter { $0.hasPrefix("{") }
        #expect(last.count == 2 && last[0].contains("2040-07-16T") && last[1].contains("2040-07-15T"), "\(last)")
        #expect(server.ask("DBSIZE") == ["2"])
        await sink.stop()
    }

    @Test func aCrashLosesNothingThatWaits() async throws {
        let server = try RedisServer()
        let sink = try sink(["streams": .boolean(true)], on: server)
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        server.crash()
        let second = batch(.bars(makeBars(10..<20)), sequence: 8)
        for _ in 0..<3 {
            _ = try await sink.write(second)
            let error = await fault { try await sink.flush() }
            #expect(error?.isTransient == true && error?.message.contains("the host tries again") == true)
        }
        try server.start()
        try await sink.flush()
        #expect(server.ask("XLEN", "penstock:stream:bars") == ["20"])
        #expect(server.ask("GET", "penstock:bars:main:AAPL.US").first?.contains("2013-03-20T") == true)
        await sink.stop()
    }

    @Test func whatTheServerRefusesIsNamedWithTheRemedy() async throws {
        let locked = try RedisServer(["--requirepass", "s3cret"])
        for (values, code, remedy) in [
            ([:], PluginError.Code.auth, "'password'"),
            (["password": .secret(Secret("wrong"))], .auth, "Correct 'user' and 'password'"),
            (["password": .secret(Secret("s3cret")), "database": .integer(99)], .configuration, "'database'"),
            (["port": .integer(1)], .transient, "correct 'host' and 'port'"),
            (["host": .text("none.invalid")], .transient, "correct 'host' and 'port'"),
        ] as [([String: ConfigurationValue], PluginError.Code, String)] {
            let sink = try sink(values, on: locked)
            let error = await fault {
                try await sink.probe()
                _ = try await sink.write(batch(.status([status])))
                try await sink.flush()
            }
            #expect(error?.code == code && error?.message.contains(remedy) == true, "\(error?.message ?? "none")")
            #expect(error?.message.contains("s3cret") == false && error?.message.hasPrefix("sink/keep: ") == true)
            await sink.stop()
        }
        let right = try sink(
            ["password": .secret(Secret("s3cret")), "user": .text("default"), "database": .integer(3)], on: locked)
        try await right.probe()
        await right.stop()
    }

    @Test func aFullServerAndAnotherProgramsKeysAreTold() async throws {
        let sink = try sink(["streams": .boolean(true)])
        server.ask("SET", "penstock:stream:bars", "mine")
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        #expect(await fault { try await sink.flush() }?.message.contains("Set another 'prefix'") == true)
        server.ask("DEL", "penstock:stream:bars")
        server.ask("CONFIG", "SET", "maxmemory", "1")
        let error = await fault { try await sink.flush() }
        #expect(
            error?.code == .environment && error?.message.contains("'maxmemory'") == true, "\(error?.message ?? "none")"
        )
        server.ask("CONFIG", "SET", "maxmemory", "0")
        try await sink.flush()
        #expect(server.ask("XLEN", "penstock:stream:bars") == ["10"])
        await sink.stop()
    }

    @Test func optionsAreChecked() {
        let faults = { (values: [String: ConfigurationValue]) in
            Redis.validate(options(Redis.self, values)).map(\.option)
        }
        #expect(faults([:]) == [] && faults(["user": .text("u"), "prefix": .text("")]) == ["user", "prefix"])
    }
}
