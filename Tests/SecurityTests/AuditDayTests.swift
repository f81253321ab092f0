import FoundationEssentials
import HostCore
import TestSupport
import Testing

@testable import HostSecurity

/// The log of changes over several days: each is sealed, and the chain goes through all of them.
@Suite struct AuditDayTests {
    private static let day: Int64 = 86_400_000_000_000
    private static let who = AuditEntry.Actor(name: "ada", role: "admin", proof: "key", from: "192.0.2.1")
    private let folder: TemporaryFolder
    private let now = Guarded<Int64>(1_700_000_000_000_000_000)
    private let log: AuditLog

    /// Three lines on each of 14, 15 and 16 November 2023; the last day is not over.
    init() throws {
        folder = try TemporaryFolder()
        log = AuditLog(stateFolder: folder.path) { [now] in now.value }
        for number in 0..<9 {
            if number > 0, number.isMultiple(of: 3) { now.change { $0 += Self.day } }
            try log.append(Self.who, .init("config.reload", "plugins.yaml", new: "revision \(number)"))
        }
    }

    private func damage(_ log: AuditLog? = nil, keys: [String] = [], isSigned: Bool = false) throws -> [String] {
        try (log ?? self.log).verify(keys: keys, isSigned: isSigned).damage.map(\.text)
    }

    private func edit(_ name: String, _ change: (inout [String]) -> Void) throws {
        var lines = try folder.text("security/\(name)").split(separator: "\n").map(String.init)
        change(&lines)
        _ = try folder.write(lines.map { $0 + "\n" }.joined(), to: "security/\(name)")
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.file("security")).filter { $0.hasPrefix("audit-") }
            .sorted()
    }

    @Test func eachDayIsAFileWithASealAndTheChainGoesOn() throws {
        #expect(
            try names() == [
                "audit-2023-11-14.log", "audit-2023-11-14.seal", "audit-2023-11-15.log", "audit-2023-11-15.seal",
            ])
        let verdict = try log.verify()
        #expect(verdict.isGood && verdict.lines == 9 && verdict.seals == 2 && verdict.signed == 0)
        #expect(try log.entries().map(\.number) == Array(1...9))
        #expect(try log.entries(last: 4).map(\.new) == (5...8).map { "revision \($0)" })
        var lines: [String] = []
        try log.export { lines.append($0) }
        #expect(lines.compactMap { AuditEntry.read(Array($0.utf8))?.number } == Array(1...9))
        // A hash noted before two days were sealed.
        let first = try #require(try log.entries().first)
        #expect(try log.verify(noted: first.hash).isGood)
    }

    @Test(arguments: ["audit-2023-11-14.log", "audit-2023-11-15.log", "audit.log"], 1...3)
    func aChangedLineIsNamedWithItsFile(file: String, line: Int) throws {
        try edit(file) { $0[line - 1] = $0[line - 1].replacing("ada", with: "eve") }
        #expect(try damage().first?.hasPrefix("\(file) line \(line): its content was changed") == true)
    }

    @Test(arguments: ["audit-2023-11-14.log", "audit-2023-11-15.log"], 1...3)
    func aRemovedLineIsNamed(file: String, line: Int) throws {
        try edit(file) { $0.remove(at: line - 1) }
        let found = try damage()
        // The last of a day is missed by its seal and by the day after, the others by the line that follows.
        #expect(
            found.contains {
                $0.hasPrefix(line == 3 ? "\(file): it does not end" : "\(file) line \(line): it is number")
            })
    }

    @Test func linesThatChangedPlacesAreNamed() throws {
        try edit("audit-2023-11-15.log") { $0.swapAt(0, 2) }
        #expect(
            try damage().first?.hasPrefix("audit-2023-11-15.log line 1: it is number 6 where 4 was to come") == true)
    }

    @Test(arguments: [("14", "1 to 3"), ("15", "4 to 6")])
    func aMissingFileIsNamed(day: String, lines: String) throws {
        try FileManager.default.removeItem(atPath: folder.file("security/audit-2023-11-\(day).log"))
        #expect(try damage() == ["audit-2023-11-\(day).log: it is missing, with the lines \(lines)."])
        // What comes later does not hide it.
        try log.append(Self.who, .init("config.reload"))
        #expect(try damage().count == 1)
    }

    @Test func aMissingSealIsNamedAndAChangedOneToo() throws {
        try FileManager.default.removeItem(atPath: folder.file("security/audit-2023-11-14.seal"))
        try edit("audit-2023-11-15.seal") { $0[0] = $0[0].replacing("\"last\":6", with: "\"last\":5") }
        let found = try damage()
        #expect(found.count == 2 && found[0].hasPrefix("audit-2023-11-14.seal: it is missing"))
        #expect(found[1].hasPrefix("audit-2023-11-15.log: it does not end with line 5 as it was sealed"))
        _ = try folder.write("nothing", to: "security/audit-2023-11-15.seal")
        #expect(try damage()[1].hasPrefix("audit-2023-11-15.seal: it is no seal"))
    }

    @Test func aDayRemovedWithItsSealIsMissed() throws {
        for ending in ["log", "seal"] {
            try FileManager.default.removeItem(atPath: folder.file("security/audit-2023-11-15.\(ending)"))
        }
        #expect(
            try damage() == ["audit.log line 1: it is number 7 where 4 was to come: 3 before it were removed or moved."]
        )
    }

    @Test func theDayThatIsNotOverIsMissedWhenItIsRemoved() throws {
        try FileManager.default.removeItem(atPath: folder.file("security/audit.log"))
        #expect(try damage().count == 1)
        // It goes on after what was last: the gap stays.
        #expect(try log.append(Self.who, .init("again")).number == 10)
        #expect(try damage().first?.contains("it is number 10 where 7 was to come: 3 before it were removed") == true)
    }

    /// Each state that a kill can leave between the seal and the move: nothing is wrong, and the next append does it again.
    @Test func aKillWhileADayIsSealedIsNoDamage() throws {
        try edit("audit.log") { _ in }
        let last = try #require(try log.entries().last)
        let seal = try AuditSeal(day: "2023-11-16", first: 7, last: 9, hash: last.hash, signedBy: nil)
        _ = try folder.write(seal.text, to: "security/audit-2023-11-16.seal")
        #expect(try damage().isEmpty)
        now.change { $0 += Self.day }
        // Moved, and nothing written after.
        #expect(try log.sealIfOver() && damage().isEmpty && !log.sealIfOver())
        #expect(try names().count == 6 && log.verify().lines == 9)
        #expect(try log.append(Self.who, .init("after")).number == 10)
        #expect(try damage().isEmpty)
    }

    @Test func aClockThatIsSetBackOverwritesNoDay() throws {
        now.change { $0 -= 2 * Self.day }
        try log.append(Self.who, .init("yesterday"))
        now.change { $0 += Self.day }
        try log.append(Self.who, .init("the day after"))
        now.change { $0 += 2 * Self.day }
        try log.append(Self.who, .init("later"))
        #expect(try damage().isEmpty && log.verify().lines == 12)
        now.change { $0 += Self.day }
        try log.append(Self.who, .init("last"))
        #expect(try damage().isEmpty && log.entries().map(\.number) == Array(1...13))
    }

    @Test func linesThatNeedNotBeDurableAreInTheChain() throws {
        for _ in 0..<5 { try log.append(Self.who, .init("data:read"), isDurable: false) }
        #expect(try damage().isEmpty && log.verify().lines == 14 && log.head?.number == 9)
        now.change { $0 += Self.day }
        #expect(try log.append(Self.who, .init("config.reload")).number == 15)
        #expect(try damage().isEmpty)
    }

    // MARK: Signatures

    private func signed() throws -> (log: AuditLog, key: String) {
        let path = try folder.write(SealSample.key, to: "seal.pem", mode: 0o600)
        let log = AuditLog(stateFolder: folder.path, key: SealKey(path: path)) { [now] in now.value }
        now.change { $0 += Self.day }
        try log.append(Self.who, .init("signed from here"))
        now.change { $0 += Self.day }
        #expect(try log.sealIfOver())
        return (log, try SealKey(path: path).publicText())
    }

    @Test func sealsAreSignedFromTheDayThereIsAKey() throws {
        let (log, key) = try signed()
        let verdict = try log.verify(keys: [key], isSigned: true)
        #expect(verdict.isGood && verdict.seals == 4 && verdict.signed == 2)
        #expect(try damage(keys: [String(key.reversed())]).count == 2)
        let other = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
        #expect(try damage(keys: [other]).first?.contains("another key") == true)
    }

    @Test func withoutASignatureThereIsNoneWhereOneHasToBe() throws {
        #expect(try damage(isSigned: true).first?.contains("no seal is signed") == true)
    }

    @Test func aLogWrittenAnewCannotBeSignedWithoutTheKey() throws {
        let (_, key) = try signed()
        // The whole chain anew, with the seals that fit it, by somebody who has no key.
        let forged = AuditLog(stateFolder: folder.file("forged")) { [now] in now.value }
        now.change { $0 -= 4 * Self.day }
        for _ in 0..<5 {
            try forged.append(Self.who, .init("nothing"))
            now.change { $0 += Self.day }
        }
        #expect(try damage(forged).isEmpty)
        #expect(try damage(forged, keys: [key], isSigned: true).count == 1)
        // And with a signature that was made for another day.
        let stolen = try folder.text("security/audit-2023-11-17.seal")
        let own = try folder.text("forged/security/audit-2023-11-17.seal")
        let tail = try #require(stolen.firstRange(of: ",\"key\"")).lowerBound
        _ = try folder.write(
            own.replacing("}\n", with: "") + stolen[tail...], to: "forged/security/audit-2023-11-17.seal")
        #expect(try damage(forged).first?.contains("its signature is none of its content") == true)
    }

    @Test func aStrippedSignatureIsNamed() throws {
        let (log, key) = try signed()
        try edit("audit-2023-11-17.seal") { lines in
            lines[0] =
                String(lines[0].prefix(upTo: lines[0].firstRange(of: ",\"key\"")?.lowerBound ?? lines[0].endIndex))
                + "}"
        }
        #expect(try damage(log, keys: [key]).first?.contains("it is not signed, and the one before is") == true)
    }

    @Test(arguments: [(0o644, "others than its owner can read it"), (0o600, "it is no private Ed25519 key")])
    func aKeyThatCannotBeUsedSealsNothingAndIsTold(mode: Int, words: String) async throws {
        let path = try folder.write(mode == 0o644 ? SealSample.key : "none", to: "bad.pem", mode: mode)
        let log = AuditLog(stateFolder: folder.path, key: SealKey(path: path)) { [now] in now.value }
        now.change { $0 += Self.day }
        // Changes go on being logged; the day is sealed once the key is right.
        #expect(try log.append(Self.who, .init("config.reload")).number == 10)
        now.change { $0 += Self.day }
        let told = Guarded<[String]>([])
        let desk = AuditDesk(log, now: { [now] in now.value }) { line in told.change { $0.append(line) } }
        for _ in 0..<3 { await desk.sealIfOver() }
        #expect(told.value.count == 1 && told.value[0].contains(words), "\(told.value)")
        _ = try folder.write(SealSample.key, to: "bad.pem", mode: 0o600)
        await desk.sealIfOver()
        #expect(try log.verify(isSigned: true).isGood && log.verify().lines == 10)
    }
}

/// A key made with `openssl genpkey -algorithm ed25519` for these tests.
enum SealSample {
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEININFEYNBEnX13EkITwmV9kddMZD/Mvy0LqX/hZngkOv
        -----END PRIVATE KEY-----

        """
}
