import AccessScopes
import HostCore
import TestSupport
import Testing

@testable import HostSecurity

/// Who is let in.
@Suite struct AccessTests {
    private let folder: TemporaryFolder
    private let now = Guarded<Int64>(1_700_000_000_000_000_000)
    private let desk: KeyDesk
    private let access: AccessControl

    init() throws {
        folder = try TemporaryFolder()
        let now = now
        let roles = RoleTable(own: ["watcher": [.statusRead]])
        desk = KeyDesk(stateFolder: folder.path, roles: roles) { now.value }
        access = AccessControl(stateFolder: folder.path, roles: roles, machines: ["a.example": "operator"]) {
            now.value
        }
    }

    /// A control that reads the file anew: one that runs looks at it ten times a second.
    private var other: AccessControl {
        let now = now
        return AccessControl(stateFolder: folder.path, roles: RoleTable(own: ["watcher": [.statusRead]])) { now.value }
    }

    @Test func nothingIsRequiredUntilAKeyWasMadeAndAlwaysAfter() throws {
        #expect(!other.isRequired)
        _ = try desk.create(name: "a", role: "reader", lifetime: nil)
        #expect(other.isRequired && !other.hasAdmin)
        _ = try desk.revoke("a")
        #expect(other.isRequired)
        _ = try desk.create(name: "b", role: "admin", lifetime: .seconds(60))
        #expect(other.hasAdmin)
        now.change { $0 += 61_000_000_000 }
        #expect(!other.hasAdmin)
    }

    @Test func aKeyIsWhoItWasMadeFor() async throws {
        let made = try desk.create(name: "a", role: "watcher", lifetime: nil)
        #expect(access.known(.bearer(made.text)) == nil)
        let identity = try await access.identify(.bearer(made.text), from: "192.0.2.1")
        #expect(identity.name == "a" && identity.role == "watcher" && identity.scopes == [.statusRead])
        #expect(identity.may(.open) && identity.may(.statusRead) && !identity.may(.dataRead))
        #expect(access.known(.bearer(made.text)) == identity)
    }

    @Test func wrongKeysAreUnknownAndLockTheirAddressAlone() async throws {
        let made = try desk.create(name: "a", role: "reader", lifetime: nil)
        let wrong = String(made.text.dropLast()) + (made.text.last == "0" ? "1" : "0")
        for text in ["", "x", KeyText.random().text, wrong, made.text + " ", made.text.uppercased()] {
            await #expect(throws: AccessFault.unknown) { try await access.identify(.bearer(text), from: "192.0.2.9") }
        }
        await #expect(throws: AccessFault.locked(seconds: 1)) {
            try await access.identify(.bearer(made.text), from: "192.0.2.9")
        }
        _ = try await access.identify(.bearer(made.text), from: "192.0.2.10")
        // A key that was proved is let in from everywhere: who guesses beside its owner locks nobody out.
        _ = try await access.identify(.bearer(made.text), from: "192.0.2.9")
        await #expect(throws: AccessFault.nothingShown) { try await access.identify(.none, from: "192.0.2.9") }
    }

    @Test func theWaitGrowsAndIsForgotten() {
        let lockout = Lockout()
        var waits: [Int] = []
        for _ in 0..<20 {
            lockout.fail("a", at: 0)
            waits.append(lockout.wait("a", at: 0))
        }
        #expect(waits.prefix(9) == [0, 0, 0, 0, 0, 1, 2, 4, 8] && waits.last == 900)
        #expect(lockout.wait("b", at: 0) == 0)
        #expect(lockout.wait("a", at: 901_000_000_000) == 0)
        lockout.fail("a", at: 3_700_000_000_000)
        #expect(lockout.wait("a", at: 3_700_000_000_000) == 0)
    }

    @Test func aCrowdOfAddressesKeepsTheWorstInMind() {
        let lockout = Lockout()
        for _ in 0..<9 { lockout.fail("worst", at: 0) }
        for number in 0..<12_000 { lockout.fail("\(number)", at: 1) }
        #expect(lockout.wait("worst", at: 2) > 0)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2::1", "20010db800010002/64"),
        ("2001:db8:1:2:ffff::9", "20010db800010002/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80000000000000/64"), ("socket", "socket"),
    ])
    func addressesOfOneCustomerCountAsOne(address: String, group: String) {
        #expect(AddressGroup.of(address) == group)
    }

    @Test func expiredAndRevokedKeysAreToldSo() async throws {
        let short = try desk.create(name: "a", role: "reader", lifetime: .seconds(60))
        let long = try desk.create(name: "b", role: "reader", lifetime: nil)
        for made in [short, long] { _ = try await access.identify(.bearer(made.text), from: "192.0.2.1") }
        _ = try desk.revoke("b")
        now.change { $0 += 61_000_000_000 }
        let other = other
        await #expect(throws: AccessFault.expired) { try await other.identify(.bearer(short.text), from: "192.0.2.1") }
        await #expect(throws: AccessFault.revoked) { try await other.identify(.bearer(long.text), from: "192.0.2.1") }
        #expect(other.known(.bearer(long.text)) == nil)
    }

    @Test func aSessionIsItsKeysAndEndsWithIt() async throws {
        let made = try desk.create(name: "a", role: "reader", lifetime: .seconds(7_200))
        let login = try await access.login(made.text, from: "192.0.2.1")
        #expect(login.identity.proof == .session && login.id.utf8.count == 64 && login.csrf != login.id)
        let identity = try await access.identify(.session(login.id), from: "192.0.2.2")
        #expect(identity == login.identity && access.known(.session(login.id)) == identity)
        #expect(access.isCSRF(login.csrf, of: login.id) && !access.isCSRF(nil, of: login.id))
        #expect(!access.isCSRF("", of: login.id) && !access.isCSRF(login.id, of: login.id))
        now.change { $0 += 29 * 60_000_000_000 }
        _ = try await access.identify(.session(login.id), from: "192.0.2.2")
        now.change { $0 += 31 * 60_000_000_000 }
        await #expect(throws: AccessFault.unknown) { try await access.identify(.session(login.id), from: "192.0.2.2") }
        let second = try await access.login(made.text, from: "192.0.2.1")
        access.logout(second.id)
        await #expect(throws: AccessFault.unknown) { try await access.identify(.session(second.id), from: "192.0.2.2") }
        let third = try await access.login(made.text, from: "192.0.2.1")
        for _ in 0..<3 {
            now.change { $0 += 25 * 60_000_000_000 }
            _ = access.csrf(of: third.id)
        }
        await #expect(throws: AccessFault.expired) { try await access.identify(.session(third.id), from: "192.0.2.2") }
    }

    @Test func machinesHaveTheRoleOfTheirName() {
        #expect(access.machine(["x.example", "a.example"])?.role == "operator")
        #expect(access.machine(["A.example"]) == nil && access.machine([]) == nil)
    }

    @Test func aFileNobodyCanReadLetsNobodyIn() async throws {
        let made = try desk.create(name: "a", role: "admin", lifetime: nil)
        _ = try folder.write("{", to: "security/keys.json")
        let other = other
        #expect(other.isRequired)
        await #expect(throws: AccessFault.unknown) { try await other.identify(.bearer(made.text), from: "192.0.2.1") }
        #expect(throws: (any Error).self) { try desk.list() }
    }

    @Test func whenKeysWereUsedIsWritten() async throws {
        let made = try desk.create(name: "a", role: "admin", lifetime: nil)
        _ = try await access.identify(.bearer(made.text), from: "192.0.2.1")
        let task = Task { [access] in await access.run() }
        task.cancel()
        await task.value
        #expect(KeyUse(stateFolder: folder.path).read() == [made.stored.id: now.value])
    }
}
