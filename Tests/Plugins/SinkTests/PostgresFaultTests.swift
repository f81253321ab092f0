import PluginKit
import PostgresSink
import TestSupport
import Testing

/// What goes wrong outside: each is told with what to do, and nothing is lost.
@Suite(.serialized, .enabled(if: PostgresServer.programs != nil, "\(PostgresServer.missing)")) struct PostgresFaultTests
{
    let folder: TemporaryFolder
    let server: PostgresServer
    private static let certificate = TestCertificate.isPossible ? try? TestCertificate() : nil
    private static let shared = Result { try PostgresServer(certificate: certificate) }

    init() throws {
        folder = try TemporaryFolder()
        server = try Self.shared.get()
        server.query("DROP SCHEMA IF EXISTS penstock CASCADE")
    }

    private func sink(_ more: [String: ConfigurationValue] = [:]) throws -> Postgres {
        try Postgres(
            options(Postgres.self, server.options.merging(more) { _, new in new }),
            context: Recorder().context(in: folder))
    }

    private func isKept(_ count: Int) -> Bool { server.query("SELECT count(*) FROM penstock.bars") == ["\(count)"] }

    @Test(
        arguments: [
            (["password": .secret(Secret("wrong"))], PluginError.Code.auth, "Correct 'user' and 'password'"),
            (["database": .text("none")], .configuration, "correct 'database'"),
            (["port": .integer(1)], .transient, "correct 'host' and 'port'"),
            (["library": .text("/nonexistent/libpq.so")], .environment, "apt-get install libpq5"),
            (["database": .text("latin")], .configuration, "--encoding UTF8"),
            (["user": .text("reader"), "password": .secret(Secret("r"))], .permission, "GRANT ALL ON SCHEMA"),
            (["password": .secret(Secret(""))], .auth, "Set 'password'"),
        ] as [([String: ConfigurationValue], PluginError.Code, String)])
    func theServerIsNamedWithTheRemedy(
        values: [String: ConfigurationValue], code: PluginError.Code, remedy: String
    ) async throws {
        server.query("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        server.query("CREATE ROLE reader LOGIN PASSWORD 'r'")
        let sink = try sink(values)
        let error = await fault {
            try await sink.probe()
            _ = try await sink.write(batch(.status([status])))
            try await sink.flush()
        }
        #expect(error?.code == code && error?.message.hasPrefix("sink/keep: ") == true, "\(error?.message ?? "none")")
        #expect(error?.message.contains(remedy) == true, "\(error?.message ?? "none")")
        #expect(error?.message.contains(PostgresServer.password) == false)
        await sink.stop()
    }

    @Test func aRestartLosesNothingThatWaits() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        let (second, third) = (
            batch(.bars(makeBars(10..<20)), sequence: 8), batch(.bars(makeBars(20..<30)), sequence: 9)
        )
        _ = try await sink.write(second)
        server.crash()
        for _ in 0..<3 {
            let error = await fault { try await sink.flush() }
            #expect(error?.isTransient == true, "\(error?.message ?? "none")")
            // As the host does: all since the last flush is written again.
            _ = try await sink.write(second)
        }
        try server.start()
        #expect(isKept(10))
        // Another pipeline that shares the sink wrote it, and was told of no fault.
        _ = try await sink.write(third)
        try await sink.flush()
        #expect(isKept(30))
        await sink.stop()
    }

    @Test func aTableThatWasDroppedIsToldAndMadeAnew() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        server.query("DROP TABLE penstock.bars")
        _ = try await sink.write(batch(.bars(makeBars(10..<12)), sequence: 8))
        let error = await fault { try await sink.flush() }
        #expect(error?.code == .corrupted && error?.message.contains("Stop the host and start it") == true)
        try await sink.flush()
        #expect(isKept(2))
        await sink.stop()
    }

    @Test func aCallThatIsHeldUpEnds() async throws {
        let sink = try sink(["timeout": .duration(.seconds(5))])
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        let holder = try server.hold("LOCK TABLE penstock.bars")
        _ = try await sink.write(batch(.bars(makeBars(10..<12)), sequence: 8))
        let error = await fault { try await sink.flush() }
        #expect(error?.isTransient == true && error?.message.contains("raise 'timeout'") == true)
        let cancelled = Task { await fault { try await sink.flush() } }
        cancelled.cancel()
        #expect(await cancelled.value != nil)
        server.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'")
        holder.end()
        try await sink.flush()
        #expect(isKept(12))
        await sink.stop()
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs root and the right to mount a tmpfs"))
    func losesNothingOnAFullDisk() async throws {
        let disk = try #require(SmallDisk(size: "1m"))
        let place = try disk.folder.make("tables")
        LocalServer.output(of: ["chown", "postgres:", place])
        #expect(server.query("CREATE TABLESPACE small LOCATION '\(place)'") != nil)
        server.query("CREATE SCHEMA penstock; ALTER DATABASE postgres SET default_tablespace = small")
        defer { server.query("ALTER DATABASE postgres RESET default_tablespace") }
        let sink = try sink()
        var (stored, error): (Int, PluginError?) = (0, nil)
        while error == nil, stored < 20_000 {
            _ = try await sink.write(batch(.bars(makeBars(stored..<stored + 1_000)), sequence: UInt64(stored)))
            error = await fault { try await sink.flush() }
            if error == nil { stored += 1_000 }
        }
        #expect(error?.code == .environment && error?.message.contains("the server's disk is full") == true)
        #expect(isKept(stored) && stored > 0)
        server.query(
            "ALTER TABLE penstock.bars SET TABLESPACE pg_default; ALTER DATABASE postgres RESET default_tablespace")
        server.query("ALTER INDEX penstock.bars_pkey SET TABLESPACE pg_default")
        try await sink.flush()
        #expect(isKept(stored + 1_000))
        await sink.stop()
        server.query("DROP SCHEMA penstock CASCADE")
        server.query("DROP TABLESPACE small")
    }

    @Test(.enabled(if: TestCertificate.isPossible, "needs openssl"))
    func theServersCertificateIsChecked() async throws {
        let trusted = try #require(Self.certificate)
        let sink = try sink(["tls": .text("verify_full"), "tls_ca": .text(trusted.file)])
        _ = try await sink.write(batch(.bars(makeBars(0..<3))))
        try await sink.flush()
        #expect(isKept(3))
        await sink.stop()
        let other = try TestCertificate()
        let strict = try self.sink(["tls": .text("verify_full"), "tls_ca": .text(other.file)])
        let error = await fault { try await strict.probe() }
        #expect(
            error?.code == .environment && error?.message.contains("'tls_ca'") == true, "\(error?.message ?? "none")")
        await strict.stop()
    }

    @Test func optionsThatBelongTogetherAreChecked() throws {
        let faults = { (values: [String: ConfigurationValue]) in
            Postgres.validate(
                options(Postgres.self, values.merging(["database": .text("d"), "user": .text("u")]) { old, _ in old })
            )
            .map(\.option)
        }
        #expect(faults([:]) == [])
        #expect(faults(["tls": .text("verify_ca")]) == ["tls"])
        #expect(faults(["tls_key": .text("k"), "user": .text("")]) == ["tls_key", "user"])
    }
}
