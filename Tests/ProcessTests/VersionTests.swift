import HostProcess
import PluginKit
import Testing

@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct VersionTests {
    /// What a program of version 1 does: it answers with an error and ends.
    private static let older = """
        m = read()
        if 1 not in m["versions"]:
            answer("error", m["id"], code="unsupported", message="SDK 1.0.0 speaks penstock-stdio 1")
            sys.exit(2)
        """

    @Test(arguments: [older, "m = read(); answer('hello', m['id'], version=1); read()"])
    func aProgramOfVersion1IsToldHowToUpdate(_ body: String) throws {
        let fixture = try ProcessFixture()
        let error = #expect(throws: PluginError.self) {
            try fixture.plugin(try fixture.script(body)).describe(as: "sink/old")
        }
        #expect(error?.code == .unsupported)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("sink/old: this host speaks version 2 of penstock-stdio"))
        #expect(message.contains("update it: in Python with the host's penstock_plugin.py"))
    }

    @Test func aNewerProgramIsToldThatTheHostIsOlder() throws {
        let fixture = try ProcessFixture()
        let command = try fixture.script("m = read(); answer('hello', m['id'], version=3); read()")
        let error = #expect(throws: PluginError.self) { try fixture.plugin(command).describe() }
        #expect(error?.message.contains("Where it is newer, update the host.") == true)
    }
}
