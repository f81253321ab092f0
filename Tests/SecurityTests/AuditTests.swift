import HostCore
import TestSupport
import Testing

@testable import HostSecurity

/// The log of changes: whatever is changed, removed or moved in it is found and named.
@Suite struct AuditTests {
    private static let who = AuditEntry.Actor(name: "ada", role: "admin", proof: "key", from: "192.0.2.1")
    private let folder: TemporaryFolder
    private let log: AuditLog

    init() throws {
        folder = try TemporaryFolder()
        log = AuditLog(stateFolder: folder.path) { 1_700_000_000_000_000_000 }
        for number in 1...6 {
            try log.append(
                Self.who,
                .init("config.reload", "plugins.yaml", old: "revision \(number)", new: "revision \(number + 1)"))
        }
    }

    private var lines: [String] {
        get throws { try folder.text("security/audit.log").split(separator: "\n").map(String.init) }
    }

    private func write(_ lines: [String]) throws {
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "security/audit.log")
    }

    private func damage() throws -> [String] { try log.verify().damage.map { "\($0.line): \($0.message)" } }

    @Test func whatWasWrittenIsWhole() throws {
        let verdict = try log.verify()
        let entry = try #require(try log.entries(last: 1).first)
        #expect(verdict.isGood && verdict.lines == 6 && verdict.head == entry.hash)
        #expect(entry.number == 6 && entry.who == "ada" && entry.old == "revision 6" && entry.new == "revision 7")
        #expect(entry.time == "2023-11-14T22:13:20Z" && entry.result == "done")
        #expect(try log.verify(noted: verdict.head).isGood)
        try log.append(Self.who, .init("key.revoke"))
        #expect(try log.verify(noted: verdict.head).isGood)
        #expect(try !log.verify(noted: String(repeating: "1", count: 64)).isGood)
        #expect(try log.entries(where: { $0.action == "key.revoke" }).count == 1)
    }

    @Test(arguments: 1...6)
    func aChangedLineIsNamed(line: Int) throws {
        var lines = try lines
        lines[line - 1] = lines[line - 1].replacing("ada", with: "eve")
        try write(lines)
        #expect(try damage().first?.hasPrefix("\(line): its content was changed") == true)
    }

    @Test(arguments: 1...5)
    func aRemovedLineIsNamed(line: Int) throws {
        var lines = try lines
        lines.remove(at: line - 1)
        try write(lines)
        #expect(
            try damage() == [
                "\(line): it is number \(line + 1) where \(line) was to come: 1 before it was removed or moved"
            ])
    }

    @Test func linesThatChangedPlacesAreNamed() throws {
        var lines = try lines
        lines.swapAt(1, 3)
        try write(lines)
        let found = try damage()
        #expect(found.first?.hasPrefix("2: it is number 4 where 2 was to come") == true)
        #expect(found.contains { $0.hasPrefix("3: it is number 3 where 5 was to come") })
    }

    @Test func linesCutFromTheEndAreMissed() throws {
        try write(Array(try lines.prefix(4)))
        #expect(try damage() == ["5: 2 lines are missing at the end: number 6 was written"])
        try write([])
        #expect(try damage().count == 1)
    }

    @Test func aLineReckonedAnewIsFoundByTheOneAfterIt() throws {
        var lines = try lines
        let before = try #require(AuditEntry.read(Array(lines[1].utf8)))
        let forged = AuditEntry.line(3, 0, .unknown(from: "-"), .init("nothing"), after: before.hash)
        lines[2] = String(decoding: forged, as: UTF8.self)
        try write(lines)
        #expect(try damage().first?.hasPrefix("4: it follows another line") == true)
    }

    @Test func aLogWrittenAnewIsFoundByItsHead() throws {
        var (previous, lines): (String, [String]) = (AuditEntry.beginning, [])
        for number in 1...6 {
            let line = AuditEntry.line(number, 0, .unknown(from: "-"), .init("nothing"), after: previous)
            previous = try #require(AuditEntry.read(line)).hash
            lines.append(String(decoding: line, as: UTF8.self))
        }
        try write(lines)
        #expect(try damage().first?.contains("the log was written anew") == true)
    }

    @Test(arguments: ["x", "{}", "[]", #"{"number":"#, "", String(repeating: "a", count: 70_000)])
    func whatIsNoLineIsNamed(text: String) throws {
        var lines = try lines
        lines.insert(text, at: 2)
        try write(lines)
        #expect(try damage().first?.hasPrefix("3: ") == true)
    }

    /// Each place where a kill can cut a write: the next append goes on, and nothing is wrong.
    @Test func aTornLineIsNoDamage() throws {
        let whole = try folder.text("security/audit.log")
        let last = try #require(try lines.last)
        let head = try folder.text("security/audit.head")
        for cut in stride(from: 1, through: last.utf8.count, by: 37) {
            let torn = String(decoding: last.utf8.prefix(cut), as: UTF8.self)
            _ = try folder.write(whole + torn, to: "security/audit.log")
            _ = try folder.write(head, to: "security/audit.head")
            #expect(try log.verify().isGood, "\(cut)")
            #expect(try log.append(Self.who, .init("again")).number == 7)
            #expect(try log.verify().isGood && lines.count == 7, "\(cut)")
        }
        // Killed between the line and the head.
        _ = try folder.write(head, to: "security/audit.head")
        #expect(try log.verify().isGood)
        #expect(try log.append(Self.who, .init("after")).number == 8)
    }

    @Test func aTextCannotForgeALine() throws {
        let text = "a\"},\n{\"number\":99,\"hash\":\"\u{1B}[2J"
        let entry = try log.append(Self.who, .init(text, text, old: text, new: text, reason: text))
        #expect(entry.action == text && entry.reason == text)
        #expect(try log.verify().isGood && lines.count == 7)
    }

    @Test func manyWritersMakeOneChain() async throws {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { [log] in _ = try? log.append(Self.who, .init("from \(number)")) }
            }
        }
        let verdict = try log.verify()
        #expect(verdict.isGood && verdict.lines == 26)
    }

    @Test func refusedRequestsAreCountedBeyondTwentyASecond() async throws {
        let now = Guarded<Int64>(1_700_000_000_000_000_000)
        let desk = AuditDesk(AuditLog(stateFolder: folder.path), now: { now.value }) { Issue.record("\($0)") }
        for _ in 0..<50 { await desk.write(.unknown(from: "192.0.2.9"), .init("GET request", result: "refused")) }
        now.change { $0 += 1_000_000_000 }
        await desk.write(Self.who, .init("config.reload"))
        let newest = try await desk.newest(100)
        #expect(newest.count == 27 && newest.last?.leftOut == 30 && newest.last?.action == "config.reload")
    }

    @Test func whatCannotBeWrittenIsToldOnce() async throws {
        let file = try folder.write("", to: "file")
        let told = Guarded(0)
        let desk = AuditDesk(AuditLog(stateFolder: file)) { _ in told.change { $0 += 1 } }
        for _ in 0..<3 { await desk.write(Self.who, .init("config.reload")) }
        #expect(told.value == 1)
    }
}
