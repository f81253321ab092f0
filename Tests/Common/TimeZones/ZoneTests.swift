import Foundation
import TestSupport
import Testing
import TimeZones

/// Golden instants: tzdata 2025b as read by Python 3.11 `zoneinfo`.
@Suite struct ZoneTests {
    @Test(
        arguments: [
            ("America/New_York", 954_658_799, -18_000), ("America/New_York", 954_658_800, -14_400),
            ("America/New_York", 1_162_101_599, -14_400), ("America/New_York", 1_162_101_600, -18_000),
            ("America/New_York", 1_173_596_399, -18_000), ("America/New_York", 1_173_596_400, -14_400),
            ("America/New_York", 2_215_061_999, -18_000), ("America/New_York", 2_215_062_000, -14_400),
            ("Europe/London", 954_032_399, 0), ("Europe/London", 954_032_400, 3_600),
            ("Asia/Shanghai", 671_565_599, 28_800), ("Asia/Shanghai", 671_565_600, 32_400),
            ("Asia/Shanghai", 684_867_599, 32_400), ("Asia/Shanghai", 684_867_600, 28_800),
            ("Asia/Hong_Kong", 295_385_400, 32_400), ("Asia/Hong_Kong", 309_292_200, 28_800),
            ("Asia/Hong_Kong", 1_700_000_000, 28_800),
        ] as [(String, Int64, Int64)])
    func knowsOffsetsOnBothSidesOfAChange(name: String, instant: Int64, offset: Int64) throws {
        #expect(try Zone(named: name).offset(at: instant) == offset)
    }

    @Test(arguments: [
        "America/New_York", "Asia/Shanghai", "Asia/Hong_Kong", "Europe/London", "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Asia/Kolkata", "Europe/Dublin",
    ])
    func agreesWithFoundationFrom2000To2037(name: String) throws {
        let zone = try Zone(named: name)
        let other = try #require(TimeZone(identifier: name))
        for instant in stride(from: Int64(946_684_800), to: 2_145_916_800, by: 7_200) {
            let expected = Int64(other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
            if zone.offset(at: instant) != expected {
                Issue.record("\(name) at \(instant): \(zone.offset(at: instant)), Foundation says \(expected)")
                return
            }
        }
    }

    @Test func readsARepeatedHourAsItsFirstPass() throws {
        // 2013-11-03 01:30 in New York is 05:30Z (EDT) and 06:30Z (EST).
        #expect(try Zone(named: "America/New_York").instant(ofLocal: 1_383_442_200) == 1_383_456_600)
    }

    @Test func readsASkippedHourWithTheOffsetBefore() throws {
        // 2013-03-10 02:30 in New York does not exist; with EST it is 07:30Z.
        #expect(try Zone(named: "America/New_York").instant(ofLocal: 1_362_882_600) == 1_362_900_600)
    }

    @Test(arguments: ["America/New_York", "Europe/London", "Australia/Lord_Howe"])
    func localTimeComesBackWhereItIsUnique(name: String) throws {
        let zone = try Zone(named: name)
        for instant in stride(from: Int64(946_684_800), to: 4_000_000_000, by: 86_400 * 3 + 3_607) {
            let local = instant + zone.offset(at: instant)
            let back = zone.instant(ofLocal: local)
            let isRepeated = zone.offset(at: back) != zone.offset(at: instant)
            #expect(back == instant || isRepeated && back < instant)
        }
    }

    @Test func footerRuleAloneGivesTheChangesOfEveryYear() throws {
        let zone = try Zone(name: "test", tzif: tzif(footer: "EST5EDT,M3.2.0,M11.1.0"))
        let newYork = try Zone(named: "America/New_York")
        for instant in stride(from: Int64(1_173_000_000), to: 4_000_000_000, by: 3_600 * 7) {
            #expect(zone.offset(at: instant) == newYork.offset(at: instant))
        }
    }

    @Test(
        arguments: [
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 1_700_000_000, 39_600), ("CST-8", 0, 28_800),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 1_706_000_000, 0), ("XXX3EDT4,0/0,J365/23", 1_700_000_000, -14_400),
            ("EET-2EEST,M3.4.4/50,M10.4.4/50", 1_700_000_000, 7_200),
        ] as [(String, Int64, Int64)])
    func readsFooterRule(rule: String, instant: Int64, offset: Int64) throws {
        #expect(try Zone(name: "test", tzif: tzif(footer: rule)).offset(at: instant) == offset)
    }

    @Test(arguments: ["+08:00", "-05:30", "UTC", "Z"])
    func needsNoDatabaseForFixedOffsets(name: String) throws {
        let expected: [String: Int64] = ["+08:00": 28_800, "-05:30": -19_800]
        #expect(try Zone(named: name, directory: "/nonexistent").offset(at: 0) == expected[name] ?? 0)
    }

    @Test func saysWhatToInstallWhereTheDatabaseIsMissing() throws {
        let error = try #require(throws: ZoneError.self) { try Zone(named: "Asia/Shanghai", directory: "/nonexistent") }
        #expect(error.code == .databaseMissing)
        #expect(error.description.contains("apt-get install tzdata"))
    }

    @Test(arguments: ["Asia/Shangai", "../../etc/passwd", "", "/etc/passwd", "Asia", "a b", "Asia/../Asia/Tokyo"])
    func refusesUnknownName(name: String) throws {
        let error = try #require(throws: ZoneError.self) { try Zone(named: name) }
        #expect(error.code == .unknownZone)
    }

    @Test func refusesDamagedFilesWithoutCrashing() throws {
        let whole = tzif(footer: "EST5EDT,M3.2.0,M11.1.0")
        for length in 0..<whole.count {
            #expect(throws: ZoneError.self) { try Zone(name: "test", tzif: Array(whole.prefix(length))) }
        }
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            var damaged = whole
            for _ in 0..<3 {
                damaged[Int.random(in: 4..<damaged.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? Zone(name: "test", tzif: damaged).offset(at: 1_700_000_000)
        }
    }

    /// A version 2 file without listed changes, whose first offset is 0.
    private func tzif(footer: String) -> [UInt8] {
        func header(types: UInt8, characters: UInt8) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, types, 0, 0, 0, characters]
        }
        let block: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("XXX\0".utf8)
        return header(types: 1, characters: 4) + block + header(types: 1, characters: 4) + block
            + Array("\n\(footer)\n".utf8)
    }
}
