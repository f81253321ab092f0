import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import HostManifest

@Suite struct SubstitutionTests {
    private func note(
        _ value: String, environment: [String: String] = [:], folder: String = "/nonexistent"
    ) -> (Setting?, [String]) {
        let text = manifest(
            models: "{ m: { plugin: ridge, target: { return: 1 }, note: \(value) } }")
        let result = load(text, environment: environment, folder: folder)
        return (result.manifest?.settings["models"]?["m"]?["note"], result.faults.map(\.text))
    }

    @Test(arguments: [
        ("'a ${env:X} b'", "a 1 b", "environment variable X"),
        ("\"${env:NONE:-fallback}\"", "fallback", "default beside the unset environment variable NONE"),
        ("\"${env:EMPTY:-fallback}\"", "fallback", "default beside the unset environment variable EMPTY"),
        ("\"${env:EMPTY}\"", "", "environment variable EMPTY"),
        ("\"${env:X:-}${env:X}\"", "11", "environment variable X, environment variable X"),
        ("\"$${env:X}\"", "${env:X}", "written in the file"),
        ("\"a $${b} ${env:X}\"", "a ${b} 1", "environment variable X"),
        ("\"${env:NEST}\"", "${env:X}", "environment variable NEST"),
        ("\"${env:DOLLAR}${env:X}\"", "$1", "environment variable DOLLAR, environment variable X"),
        ("\"costs $5\"", "costs $5", "written in the file"),
    ])
    func replacesReferences(_ value: String, _ expected: String, _ origin: String) throws {
        let environment = ["X": "1", "EMPTY": "", "NEST": "${env:X}", "DOLLAR": "$"]
        let (setting, faults) = note(value, environment: environment)
        #expect(faults == [])
        #expect(setting?.value == .text(expected))
        #expect(setting?.origin.description == origin)
    }

    @Test(arguments: [
        ("\"${env:NONE}\"", "the environment variable NONE is not set. Set it, or write ${env:NONE:-DEFAULT}."),
        ("\"${env:a b}\"", "'a b' is no name of a variable; allowed letters, digits and _. Write ${env:NAME}."),
        ("\"${env:1X}\"", "'1X' is no name of a variable"), ("\"${secret:../x}\"", "'../x' is no name of a variable"),
        ("\"${evn:X}\"", "'${' is followed by 'evn'; allowed ${env:NAME}"), ("\"${X}\"", "'${' is followed by 'X'"),
        ("\"${env:X\"", "a '${' is not closed."), ("\"${file:}\"", "'${file:}' names no file."),
        ("\"${file:none.txt}\"", "the file 'none.txt' cannot be read: No such file or directory."),
        ("\"${file:/dev/zero}\"", "it is no regular file"),
        ("\"${secret:X}\"", "'note' is no secret; ${secret:NAME} is allowed for secret options only."),
    ])
    func reportsReferencesThatCannotBeReplaced(_ value: String, _ words: String) {
        let (_, faults) = note(value, environment: ["X": "1"])
        #expect(faults.count == 1)
        #expect(faults.first?.contains(words) == true, "\(faults)")
    }

    /// After environment and files, in their order; what a place cannot do is said by name, and nothing else of it.
    @Test func furtherPlacesAreAskedInTheirOrder() throws {
        let folder = try TemporaryFolder()
        try folder.write("of a file", to: "secrets/FILED")
        let asked = Mutex<[String]>([])
        let first = SecretPlace(name: "first") { name, base in
            asked.withLock { $0.append("first \(name) \(base == folder.path)") }
            if name == "BROKEN" { throw PluginError(.environment, "it is closed.") }
            return name == "A" ? "of the first" : nil
        }
        let second = SecretPlace(name: "second") { name, _ in ["A", "B"].contains(name) ? "of the second" : nil }
        let substitution = Substitution(
            environment: ["SET": "of the environment"], baseDirectory: folder.path, places: [first, second])
        let found = try ["SET", "FILED", "A", "B"].map { try substitution.expand("${secret:\($0)}") }
        #expect(found.map(\.text) == ["of the environment", "of a file", "of the first", "of the second"])
        #expect(found.map(\.origin.description).suffix(2) == ["secret A from first", "secret B from second"])
        #expect(asked.withLock { $0 } == ["first A true", "first B true"])
        let refusals = ["BROKEN", "NONE"].map { name in
            #expect(throws: Substitution.Refusal.self) { try substitution.expand("${secret:\(name)}") }?.message
        }
        #expect(refusals[0] == "the secret BROKEN cannot be read from first: it is closed.")
        #expect(refusals[1]?.hasSuffix("secrets/NONE, the credentials folder, first and second.") == true)
    }

    @Test func readsFilesBesideTheManifest() throws {
        let folder = try TemporaryFolder()
        try folder.write("  words of 文件 \n\n", to: "note.txt")
        try folder.write([0xC4, 0xE3], to: "gb.txt")
        try folder.write(String(repeating: "x", count: 70_000), to: "large.txt")
        let (setting, faults) = note("\"${file:note.txt}\"", folder: folder.path)
        #expect(faults == [])
        #expect(setting?.value == .text("words of 文件"))
        #expect(setting?.origin == .file("note.txt"))
        #expect(note("\"${file:\(folder.path)/note.txt}\"").0?.value == .text("words of 文件"))
        #expect(note("\"${file:gb.txt}\"", folder: folder.path).1.first?.contains("it is not UTF-8") == true)
        #expect(
            note("\"${file:large.txt}\"", folder: folder.path).1.first?.contains("it has 70000 bytes; allowed 65536")
                == true)
    }

    private func key(_ environment: [String: String], _ folder: String) -> (Setting?, [String]) {
        let text = manifest(providers: "{ history: { plugin: files, path: d, api_key: \"${secret:KEY}\" } }")
        let result = load(text, environment: environment, folder: folder)
        return (result.manifest?.settings["providers"]?["history"]?["api_key"], result.faults.map(\.text))
    }

    @Test func findsSecretsInEnvironmentFolderAndCredentials() throws {
        let folder = try TemporaryFolder()
        try folder.write("from file\n", to: "secrets/KEY")
        let credentials = try TemporaryFolder()
        try credentials.write("from systemd\n", to: "KEY")
        let (first, _) = key(["KEY": "from environment"], folder.path)
        #expect(first?.value == .secret(Secret("from environment")))
        #expect(first?.origin.description == "secret KEY from the environment")
        let (second, _) = key(["CREDENTIALS_DIRECTORY": credentials.path], folder.path)
        #expect(second?.value == .secret(Secret("from file")))
        #expect(second?.origin.description == "secret KEY from secrets/KEY")
        let (third, _) = key(["CREDENTIALS_DIRECTORY": credentials.path], "/nonexistent")
        #expect(third?.value == .secret(Secret("from systemd")))
        #expect(third?.origin.description == "secret KEY from $CREDENTIALS_DIRECTORY/KEY")
        #expect(load(manifest(), environment: [:]).warnings.isEmpty)
    }

    @Test func reportsSecretsThatAreNowhereOrUnreadable() throws {
        let (_, nowhere) = key([:], "/nonexistent")
        #expect(
            nowhere == [
                "provider/history: 'api_key': the secret KEY is nowhere; looked in the environment, secrets/KEY and the "
                    + "credentials folder. Run `penstock secrets set KEY`, export KEY, or write the file secrets/KEY."
            ])
        let folder = try TemporaryFolder()
        try folder.write("\n", to: "secrets/KEY")
        #expect(key([:], folder.path).1.first?.contains("it is empty") == true)
        let binary = try TemporaryFolder()
        try binary.write([0xFF, 0xFE], to: "secrets/KEY")
        #expect(key([:], binary.path).1.first?.contains("it is not UTF-8") == true)
        let nested = try TemporaryFolder()
        try nested.write("x", to: "secrets/OTHER")
        try nested.link("secrets/KEY", to: "/dev")
        #expect(key([:], nested.path).1.first?.contains("it is no regular file") == true)
    }

    @Test func replacesInSymbolsAndTypedValues() throws {
        let text = manifest(
            instruments: "{ us: [\"${env:SYMBOL}\"] }",
            indicators: "{ rsi14: { plugin: \"${env:PLUGIN}\", period: \"${env:PERIOD:-21}\" } }")
        let result = load(text, environment: ["SYMBOL": "MSFT", "PLUGIN": "rsi"])
        let manifest = try #require(result.manifest, "\(result.report)")
        #expect(manifest.pipelines[0].instruments.map(\.description) == ["MSFT.US"])
        #expect(try manifest.indicators[0].instance.configuration.integer("period") == 21)
    }
}
