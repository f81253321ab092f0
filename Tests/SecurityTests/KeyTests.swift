import AccessScopes
import HostCore
import TestSupport
import Testing

@testable import HostSecurity

/// Keys: what they look like, what is kept of them, and how long they are good.
@Suite struct KeyTests {
    private static let day: Int64 = 86_400_000_000_000

    @Test func aKeyIsReadAsItWasWritten() throws {
        let key = KeyText.random()
        #expect(key.text.hasPrefix("penstock_") && key.text.utf8.count == KeyText.longest)
        #expect(KeyText(key.text) == key)
        #expect(KeyText.random() != key)
    }

    @Test(arguments: [
        "", "penstock_", "penstock_0123456789ab_", String(repeating: "a", count: 86), "penstock_0123456789ab_" + "0",
        "PENSTOCK_0123456789ab_" + String(repeating: "0", count: 64),
        "penstock_0123456789AB_" + String(repeating: "0", count: 64),
        "penstock_0123456789ab-" + String(repeating: "0", count: 64),
        "penstock_0123456789ab_" + String(repeating: "g", count: 64),
        "penstock_0123456789ab_" + String(repeating: "0", count: 63) + "\u{E9}",
    ])
    func otherTextsAreNoKeys(text: String) { #expect(KeyText(text) == nil) }

    @Test func aHashHasItsOwnSaltAndMatchesItsSecretAlone() throws {
        let (first, second) = (try KeyHash(of: "secret"), try KeyHash(of: "secret"))
        #expect(first != second)
        let read = try #require(KeyHash(first.text))
        #expect(read == first && read.matches("secret") && !read.matches("secret ") && !read.matches(""))
    }

    /// RFC 7914, 12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1), here its first 32 bytes of 64.
    @Test func theHashIsScrypt() throws {
        let found = try KeyHash.derive("pleaseletmein", Array("SodiumChloride".utf8), 16_384, 8, 1)
        #expect(RandomText.hex(found) == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }

    @Test(arguments: [
        "", "scrypt", "bcrypt$16384$8$1$00$00", "scrypt$16383$8$1$", "scrypt$1073741824$8$1$",
        "scrypt$16384$64$1$", "scrypt$16384$8$9$",
    ])
    func damagedHashesAreRefused(start: String) {
        let text = start + String(repeating: "00", count: 16) + "$" + String(repeating: "00", count: 32)
        #expect(KeyHash(text) == nil)
    }

    @Test func keysAreMadeRotatedAndRevoked() throws {
        let folder = try TemporaryFolder()
        let now = Guarded<Int64>(1_700_000_000_000_000_000)
        let desk = KeyDesk(stateFolder: folder.path, roles: RoleTable()) { now.value }
        #expect(try desk.list().isEmpty)
        let made = try desk.create(name: "desk", role: "reader", lifetime: .seconds(86_400))
        #expect(made.stored.expires == "2023-11-15T22:13:20Z")
        #expect(throws: (any Error).self) { try desk.create(name: "desk", role: "reader", lifetime: nil) }
        let next = try desk.rotate("desk", lifetime: nil, grace: .seconds(3_600))
        #expect(next.stored.role == "reader" && next.text != made.text)
        #expect(try desk.list().map { $0.standing(at: now.value) } == [.good, .good])
        now.change { $0 += Self.day }
        #expect(try desk.list().map { $0.standing(at: now.value) } == [.expired, .good])
        #expect(try desk.revoke("desk").map(\.id) == [next.stored.id])
        #expect(try desk.list().map { $0.standing(at: now.value) } == [.expired, .revoked])
        #expect(throws: (any Error).self) { try desk.revoke("desk") }
        #expect(throws: (any Error).self) { try desk.rotate("desk", lifetime: nil, grace: .zero) }
        let text = try folder.text("security/keys.json")
        #expect(!text.contains(made.text) && !text.contains(String(made.text.suffix(64))))
    }

    @Test(arguments: ["", "a b", "a\tb", "a\nb", "a/b", String(repeating: "a", count: 65), "\u{1B}[2J"])
    func namesSteerNoTerminal(name: String) throws {
        let folder = try TemporaryFolder()
        let desk = KeyDesk(stateFolder: folder.path, roles: RoleTable())
        #expect(throws: (any Error).self) { try desk.create(name: name, role: "reader", lifetime: nil) }
    }

    @Test func aRoleThatIsNoneIsRefusedWithThoseThereAre() throws {
        let folder = try TemporaryFolder()
        let desk = KeyDesk(stateFolder: folder.path, roles: RoleTable(own: ["desk": [.dataRead]]))
        let error = #expect(throws: (any Error).self) { try desk.create(name: "a", role: "root", lifetime: nil) }
        #expect("\(error as Any)".contains("admin, desk, model_manager, operator, reader, trader"))
        _ = try desk.create(name: "a", role: "desk", lifetime: nil)
    }
}
