import Testing

/// Files of the host's own that are not what it wrote.
@Suite struct DamagedStateTests {
    @Test(arguments: [
        "UPDATE artifact_parts SET bytes = zeroblob(100) WHERE position = 1",
        "UPDATE artifact_parts SET bytes = substr(bytes, 1, length(bytes) - 1)",
        "UPDATE artifacts SET card = x'7b7d'",
        "DELETE FROM artifact_parts WHERE position = 2",
    ])
    func damagedArtifactIsToldAndFittedAgain(damage: String) async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            try Tables.state(box).execute(damage)
            let run = try await box.run("run", "--once")
            #expect(run.code == 0)
            #expect(run.err.split(separator: "\n").count == 1, "\(run.err)")
            #expect(run.err.contains("the artifact of model 'next_day' in"))
            #expect(run.err.contains("is damaged"))
            #expect(run.out.contains("model/next_day: fitted in"))
            #expect(try await box.run("run", "--once").out.contains("model/next_day: stored artifact loaded"))
        }
    }

    @Test(arguments: ["garbage", "cut", "flipped"]) func damagedStateIsSetAside(how: String) async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            let path = box.path("var/penstock.db")
            let damaged = Self.damage(Files.bytes(path), how)
            try Files.write(damaged, to: path)
            let records = try Tables.records(box).count("bars")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.err.contains("penstock.db' was damaged and is kept as"), "\(run.err)")
            #expect(Files.bytes(box.path("var/penstock.db.damaged-1")) == damaged)
            #expect(run.out.contains("model/next_day: fitted in"))
            #expect(try Tables.records(box).count("bars") == records)
            #expect(try Tables.state(box).count("bars") == 6_540)
        }
    }

    @Test(arguments: [true, false]) func stateThatIsGoneIsTold(isEmptied: Bool) async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            for name in Files.names(in: box.path("var")) where name.hasPrefix("penstock.db") {
                try box.remove("var/\(name)")
            }
            if isEmptied { try box.write("", to: "var/penstock.db") }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0)
            #expect(run.err.hasPrefix("warning: state: "), "\(run.err)")
            #expect(run.err.contains("is not there or empty, though a host ran here"), "\(run.err)")
        }
    }

    @Test func damagedRecordsAreOneMessage() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            let garbage = [UInt8](repeating: 0x5A, count: 5_000)
            try Files.write(garbage, to: box.path("var/records.db"))
            let run = try await box.run("run", "--once")
            #expect(run.code == 3)
            #expect(run.err.split(separator: "\n").count == 1, "\(run.err)")
            #expect(run.err.contains("sink/keep:"))
            #expect(run.err.contains("records.db' is damaged"))
            #expect(Files.bytes(box.path("var/records.db")) == garbage)
        }
    }

    /// Moving a sink's files away is what messages advise; what was in them must come again.
    @Test(arguments: ["sqlite, path: var/records.db", "csv, path: var/out", "ndjson, path: var/out"])
    func sinkWhoseFilesAreGoneIsFilledAgain(sink: String) async throws {
        try await Sandbox.with { box in
            try box.edit("sqlite, path: var/records.db", sink)
            #expect(try await box.run("run", "--once").code == 0)
            let before = Self.sizes(box)
            #expect(before.values.allSatisfy { $0 > 0 })
            for name in ["records.db", "records.db-wal", "records.db-shm", "out"] { try box.remove("var/\(name)") }
            #expect(try await box.run("run", "--once").code == 0)
            #expect(Self.sizes(box) == before)
            #expect(try await box.run("run", "--once").code == 0)
            #expect(Self.sizes(box) == before)
        }
    }

    private static func sizes(_ box: Sandbox) -> [String: Int] {
        let files = Files.tree(box.path("var")).filter { $0.key.hasPrefix("out/") || $0.key.hasPrefix("records.db") }
        return files.mapValues(\.count)
    }

    private static func damage(_ bytes: [UInt8], _ how: String) -> [UInt8] {
        switch how {
        case "garbage": return [UInt8](repeating: 0x5A, count: 5_000)
        case "cut": return Array(bytes.prefix(6_000))
        default:
            var flipped = bytes
            for index in stride(from: 20_000, to: bytes.count, by: 997) { flipped[index] ^= 0xFF }
            return flipped
        }
    }
}
