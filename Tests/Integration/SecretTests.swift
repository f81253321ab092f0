import FoundationEssentials
import Glibc
import Testing

/// Secrets from the encrypted file and from a program, from the command that sets them to the host that goes over to another.
@Suite struct SecretTests {
    private static let keyVariable = "PENSTOCK_SECRETS_KEY"
    private static let hook = "http://127.0.0.1:9/first-secret"
    private static let other = "http://127.0.0.1:9/other-secret"

    private static func hook(_ box: Sandbox) throws {
        try box.edit(
            "  keep: { plugin: sqlite, path: var/records.db }\n",
            "  keep: { plugin: sqlite, path: var/records.db }\n  duty: { plugin: webhook, url: \"${secret:HOOK}\", from: now }\n"
        )
    }

    private static func set(
        _ box: Sandbox, _ value: String, _ key: [String: String]
    ) async throws -> (code: Int32, out: String, err: String) {
        try box.write(value + "\n", to: "value.txt")
        let command = "\(keyVariable)=\(key[keyVariable] ?? "") '\(Program.path)' secrets set HOOK < value.txt"
        return try await box.runOther("/bin/sh", "-ec", command)
    }

    @Test func aHostGoesOverToAnotherSecretWithoutARestart() async throws {
        try await Sandbox.with { box in
            try Self.hook(box)
            let made = try await box.run("secrets", "key")
            let key = [Self.keyVariable: made.out.filter { !$0.isWhitespace }]
            let missing = try await box.run("config", "check", environment: key)
            #expect(missing.code == 2 && missing.err.contains("penstock secrets set HOOK"), "\(missing.err)")
            let first = try await Self.set(box, Self.hook, key)
            #expect(first.code == 0 && first.out.hasPrefix("HOOK is set."), "\(first)")
            let explained = try await box.run("config", "explain", "sinks.duty.url", environment: key)
            #expect(explained.out.contains("secrets.vault") && !explained.out.contains("first-secret"), "\(explained)")
            let host = try box.start(["run"], key)
            try await host.waits(for: "Serving on http://")
            let replaced = try await Self.set(box, Self.other, key)
            #expect(replaced.code == 0 && replaced.out.hasPrefix("HOOK is replaced."), "\(replaced)")
            let diff = try await box.run("config", "diff", environment: key)
            #expect(diff.out.contains("sink/duty: changed\n    url: <secret> -> <secret>"), "\(diff)")
            let reload = try await box.run("reload", "--json", environment: key)
            #expect(reload.code == 0 && reload.out.contains(#""outcome":"applied""#), "\(reload)")
            #expect(try await box.run("secrets", "list", environment: key).out.contains("HOOK"))
            let log = try await box.run("audit", "show", "--action", "secret.set", environment: key)
            #expect(log.out.contains("secret/HOOK") && log.out.contains("replaced"), "\(log)")
            host.signal(SIGTERM)
            #expect(try await host.exitCode() == 0)
            let all = try await box.runOther(
                "/bin/sh", "-c", "rm -f value.txt; grep -rlE 'first-secret|other-secret' . | head -5")
            #expect(all.out.isEmpty, "\(all.out)")
        }
    }

    @Test func aProgramOfTheEnvironmentGivesSecretsAndNoneOfTheManifestCan() async throws {
        try await Sandbox.with { box in
            try Self.hook(box)
            let program = "\(box.folder)/get-secret"
            try box.write(
                "#!/bin/sh\n[ \"$1\" = HOOK ] && echo \(Self.hook) && exit 0\necho told $1\nexit 3\n", to: "get-secret")
            chmod(program, 0o755)
            let environment = ["PENSTOCK_SECRETS_COMMAND": program]
            let good = try await box.run("config", "explain", "sinks.duty.url", environment: environment)
            #expect(good.code == 0 && good.out.contains("PENSTOCK_SECRETS_COMMAND"), "\(good)")
            #expect(!good.out.contains("first-secret"))
            try box.edit("secret:HOOK", "secret:NONE")
            let none = try await box.run("config", "check", environment: environment)
            #expect(none.code == 2 && none.err.contains("exit code 3") && !none.err.contains("told"), "\(none)")
            chmod(program, 0o777)
            let open = try await box.run("config", "check", environment: environment)
            #expect(open.code == 2 && open.err.contains("can be changed by others than its owner"), "\(open)")
            let relative = try await box.run(
                "config", "check", environment: ["PENSTOCK_SECRETS_COMMAND": "get-secret"])
            #expect(relative.code == 2 && relative.err.contains("is no absolute path"), "\(relative)")
            try box.edit("${secret:NONE}", "${command:get-secret}")
            #expect(try await box.run("config", "check").err.contains("'${' is followed by 'command'"))
        }
    }
}
