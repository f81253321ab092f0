import FoundationEssentials
import HostProcess
import PluginKit
import Synchronization
import Testing

/// A secret that a plugin was given comes back in nothing it says.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct SecretTests {
    private static let secret = "k3y \"with\" = 100%/x"
    private let options: [String: ConfigurationValue] = [
        "key": .secret(Secret(secret)), "nested": .map(["inner": .list([.secret(Secret("inner-secret"))])]),
    ]

    private static let tell = """
        import urllib.parse
        def told(options):
            key, inner = options["key"], options["nested"]["inner"][0]
            return " ".join([key, urllib.parse.quote(key, safe=""), json.dumps(key), inner, "                   ", key[:-2]])

        """

    private func hides(_ text: String) -> Bool {
        !text.contains("k3y") && !text.contains("inner-secret") && text.contains("<masked secret>")
    }

    @Test func hidesThemInFaultsOfOptions() throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            Self.tell + """
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read()
                if message["type"] == "describe":
                    answer("result", message["id"], descriptor={"kind": "sink", "name": "bad", "options": [
                        {"name": "key", "type": "secret"}], "accepts": ["bars"]})
                else:
                    text = told(message["options"])
                    answer("result", message["id"], faults=[{"option": "key", "message": text}])
                read()
                """)
        let type = try fixture.plugin(command).describe()
        let faults = type.validate(Configuration(instance: "sink/bad", values: options))
        #expect(faults.count == 1 && faults.allSatisfy { hides($0.message) }, "\(faults)")
    }

    @Test func hidesThemInFaultsOfTheStart() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            Self.tell + """
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read(); answer("error", message["id"], code="configuration", message=told(message["options"]))
                read()
                """)
        let sink = try fixture.sink(command, options)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(hides(error?.message ?? ""), "\(error?.message ?? "")")
    }

    @Test func hidesThemInLogsTracebacksAndLastWords() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            Self.tell + """
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read(); text = told(message["options"]); answer("result", message["id"])
                answer("log", 0, level="info", message=text, data={text: text})
                print("a" * 1990 + " " + text, file=sys.stderr, flush=True)
                read()
                raise KeyError(text[:-20])
                """)
        let sink = try fixture.sink(command, options)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(hides(error?.message ?? ""), "\(error?.message ?? "")")
        let lines = fixture.logs.withLock { $0 }.joined(separator: "\n")
        #expect(hides(lines), "\(lines)")
        let tags = fixture.tags.withLock { "\($0)" }
        #expect(hides(tags), "\(tags)")
        await sink.stop()
    }

    @Test func hidesThemInWhatBreaksTheProtocol() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            Self.tell + """
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read(); text = told(message["options"]); answer("result", message["id"])
                read(); print(text, flush=True); read(); read()
                """)
        let sink = try fixture.sink(command, options)
        let error = await #expect(throws: PluginError.self) { try await sink.probe() }
        #expect(hides(error?.message ?? ""), "\(error?.message ?? "")")
        await sink.stop()
    }

    @Test func hidesThemInReasonsOfRefusedRows() async throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script(
            Self.tell + """
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read(); text = told(message["options"]); answer("result", message["id"])
                message = read()
                answer("result", message["id"], sequence=1, rejected=[{"row": 0, "reason": text}]); read()
                """)
        let sink = try fixture.sink(command, options)
        let receipt = try await sink.write(recordBatch(bars(1)))
        #expect(receipt.rejected.allSatisfy { hides($0.reason) } && receipt.rejected.count == 1)
        await sink.stop()
    }
}
