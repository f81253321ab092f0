import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostSecurity

/// The encrypted file of secrets.
@Suite struct SecretVaultTests {
    private static let keyText = String(repeating: "0123456789abcdef", count: 4)
    private let folder: TemporaryFolder
    private let key: VaultKey
    private let vault: SecretVault

    init() throws {
        folder = try TemporaryFolder()
        key = try VaultKey(environment: ["PENSTOCK_SECRETS_KEY": Self.keyText])
        vault = SecretVault(folder: folder.path, key: key)
    }

    private func message(_ body: () throws -> Void) -> String {
        (#expect(throws: PluginError.self) { try body() })?.message ?? ""
    }

    @Test func whatIsSetIsReadAndNothingOfItIsInTheFile() throws {
        #expect(try vault.list().isEmpty && vault.value("SMTP") == nil)
        #expect(try !vault.set("SMTP", "hunter2 密码", at: 1_700_000_000_000_000_000))
        #expect(try vault.set("SMTP", "hunter3", at: 1_700_000_060_000_000_000))
        #expect(try !vault.set("A1_b", "x"))
        #expect(try vault.value("SMTP") == "hunter3" && vault.value("A1_b") == "x")
        #expect(try vault.list().first { $0.name == "SMTP" }?.changed == "2023-11-14T22:14:20Z")
        let text = try folder.text("secrets.vault")
        #expect(text.hasPrefix("penstock secrets 1\n") && !text.contains("SMTP") && !text.contains("hunter"))
        try vault.remove("SMTP")
        #expect(try vault.value("SMTP") == nil && vault.list().map(\.name) == ["A1_b"])
        #expect(message { try vault.remove("SMTP") }.contains("there is no 'SMTP'"))
    }

    @Test(arguments: ["", "1A", "a b", "../x", "a-b", "ключ"])
    func whatIsNoNameIsRefused(name: String) {
        #expect(message { _ = try vault.set(name, "x") }.contains("is no name of a secret"))
    }

    @Test(arguments: [0, SecretVault.valueLimit + 1])
    func valuesHaveAnEnd(count: Int) throws {
        let value = String(repeating: "v", count: count)
        #expect(message { _ = try vault.set("A", value) }.contains("has \(count) bytes; allowed 1...65536"))
    }

    /// Each byte of the file that is changed is noticed, and so is a file of another key.
    @Test func aChangedFileIsRefused() throws {
        _ = try vault.set("SMTP", "hunter2")
        let bytes = Array(try folder.text("secrets.vault").utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            try folder.write(changed, to: "secrets.vault")
            #expect(throws: PluginError.self, "\(index)") { try vault.value("SMTP") }
        }
        try folder.write(Array(bytes.dropLast(9)), to: "secrets.vault")
        #expect(throws: PluginError.self) { try vault.value("SMTP") }
        try folder.write(bytes, to: "secrets.vault")
        let other = try VaultKey(environment: ["PENSTOCK_SECRETS_KEY": VaultKey.make()])
        let found = message { _ = try SecretVault(folder: folder.path, key: other).set("B", "x") }
        #expect(found.contains("another key") && !found.contains("hunter2"))
        #expect(try vault.value("SMTP") == "hunter2")
    }

    @Test func anotherKeyTakesTheFileOver() throws {
        _ = try vault.set("SMTP", "hunter2")
        let path = try folder.write(VaultKey.make() + "\n", to: "new.key", mode: 0o600)
        let other = try VaultKey(file: path)
        try vault.rekey(other)
        #expect(message { _ = try vault.value("SMTP") }.contains("another key"))
        #expect(try SecretVault(folder: folder.path, key: other).value("SMTP") == "hunter2")
    }

    @Test func theKeyIsFoundWhereItIs() throws {
        _ = try vault.set("A", "x")
        let path = try folder.write(Self.keyText + "\n", to: "credentials/penstock-secrets-key", mode: 0o600)
        for environment in [
            ["PENSTOCK_SECRETS_KEY_FILE": path], ["CREDENTIALS_DIRECTORY": folder.file("credentials")],
            ["PENSTOCK_SECRETS_KEY": " \(Self.keyText)\n", "PENSTOCK_SECRETS_KEY_FILE": "/nonexistent"],
        ] {
            #expect(try SecretVault(folder: folder.path, key: VaultKey(environment: environment)).value("A") == "x")
        }
    }

    @Test(arguments: [
        ([:], "is nowhere"), (["PENSTOCK_SECRETS_KEY": "abc"], "holds no key; allowed 64"),
        (["PENSTOCK_SECRETS_KEY": String(repeating: "g", count: 64)], "holds no key"),
        (["PENSTOCK_SECRETS_KEY_FILE": "/nonexistent"], "cannot be read"),
    ])
    func aKeyThatIsNoneIsRefusedWithoutShowingIt(environment: [String: String], words: String) {
        let found = message { _ = try VaultKey(environment: environment) }
        #expect(found.contains(words) && !found.contains("ggg"))
    }

    @Test func aKeyThatOthersCanReadIsRefused() throws {
        let path = try folder.write(Self.keyText, to: "open.key", mode: 0o640)
        #expect(message { _ = try VaultKey(file: path) }.contains("chmod 600"))
    }

    @Test func manyWritersLoseNothing() async throws {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<12 { group.addTask { [vault] in _ = try? vault.set("N\(number)", "x") } }
        }
        #expect(try vault.list().count == 12)
    }
}
