import FoundationEssentials
import HostProcess
import PluginKit
import Testing

/// A sink in a process that ends between a write and its checkpoint: what it kept in memory is not taken for durable.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct SinkProcessTests {
    @Test func aFlushIsNoGoodForWhatAProcessBeforeWasGiven() async throws {
        let fixture = try ProcessFixture()
        let program = """
            import os
            from penstock_plugin import Sink, run
            class Keeping(Sink):
                descriptor = {"kind": "sink", "name": "keeping", "summary": "Keeps.", "options": [], "accepts": ["bars"]}
                rows = []
                def write(self, batch, frames):
                    mark = os.path.join(self.state_directory, "died")
                    if self.rows and not os.path.exists(mark):
                        open(mark, "w").close()
                        os._exit(7)
                    self.rows += [str(time) for time in frames[0].time]
                def checkpoint(self):
                    with open(os.path.join(self.state_directory, "kept"), "a") as out:
                        out.writelines(row + "\\n" for row in self.rows)
                    self.rows.clear()
            run(Keeping)
            """
        try program.write(toFile: "\(fixture.folder)/keeping.py", atomically: true, encoding: .utf8)
        let type = try fixture.plugin(fixture.command(["/usr/bin/python3", "keeping.py"])).describe()
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(Configuration(instance: "sink/a", values: [:]), fixture.context)
        _ = try await sink.write(recordBatch(bars(2)))
        await #expect(throws: PluginError.self) { try await sink.write(recordBatch(bars(2, from: 2))) }
        _ = try await sink.write(recordBatch(bars(2, from: 2)))
        let error = await #expect(throws: PluginError.self) { try await sink.flush() }
        #expect(error?.isTransient == true && error?.message.contains("they are written again") == true)
        for from in [0, 2] { _ = try await sink.write(recordBatch(bars(2, from: from))) }
        try await sink.flush()
        let kept = try String(contentsOfFile: "\(fixture.folder)/kept", encoding: .utf8).split(separator: "\n")
        #expect(Set(kept).count == 4)
        await sink.stop()
    }
}
